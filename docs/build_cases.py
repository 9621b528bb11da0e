"""Makes docs/measures.md, docs/versions.md and docs/credits.md from the pages under tests/cases, where every command is run.

Law: no figure stands in these pages that was not printed by the product and worked out by hand beside it.
``python docs/build_cases.py`` writes them; ``--check`` says whether they are what the cases say now.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases"

MEASURES = """\
# Measures, worked

Four measures carry every promise: `availability` (time in a state), `clock` (from one event to another; drawn in
[clocks.md](clocks.md)), `values` (readings and counts) and `combine` (figures from figures). The order is always the same: union of
facts, `at_least` on the whole run, exclusions, clip to hours and window, weights, divide, round, compare.

Each case below is a whole workspace with its figures worked out by hand. All are run as tests.
"""
VERSIONS = """\
# What judges when

Nothing is edited. An agreement's versions are files of their own and all stay; a wrong fact is replaced by a later row that names it.
So every figure can be asked for as it was known on any day (`--as-of`), and says which version judged it.

- A window is judged by the version in force when it begins, unless `mid_window` says otherwise.
- A case is judged by the version adopted and in force when its clock started, unless `open_cases: follow`.
- A version numbered 3.1 corrects version 3: from the day it was adopted on it is taken as if it had always stood there.
- `--as-of` leaves out every fact that was known later.

Each case below is a whole workspace with its figures worked out by hand. All are run as tests.
"""
CREDITS = """\
# What is owed, worked

`upheld credits` works out what every result costs, line by line, with its working. The order is always the same:

1. pay × of × per, its own `up_to` and `from`: exact, for both ends of a figure that is a range
2. the one rounding (`rounding:`; half to even, to the minor unit, where nothing is said)
3. the account's standing (`conditions:`), choices, claims
4. one cause paid once (`pays_once:`)
5. caps, in the order written; a cut is shared pro rata by largest remainder, and shown on each line
6. what is earned back: a new line of the opposite sign

When is a credit owed?

- What a table says `by result` is owed by the table alone: a negative row is a reward, and a result between the rows of a promise that is
  breached is *unknown*, never nothing.
- Everything else is owed only where the promise is breached (`breach`, else not `target`); a promise without a target is paid by its
  figure (`per: point`, `per: share down`).
- `per: missed case` pays each missed case of the parts of the promise that are breached, once. With `{95%: 4h}` kept, nobody is paid for the
  tolerated five in a hundred.
- A result that nobody can know yet, or a fee that was never charged, is *unknown* with its reason and, where it can be told, its range.
- A charge counts for the part of its time that lies in the window, by the local calendar, so that a day is a day whatever the clocks do.
  A part of a fee below nothing (more given back than charged) is nothing.
- An invoice is what is charged from one instant on. `in: average of last 3 invoices` takes those that began before the window; a cap
  `in: invoice` counts what is put on one invoice, the first that begins when the window has ended, and is *unknown* until that is charged.
- `carried: until met 3 windows in a row` makes a sum of points a balance: what the windows before left is added.
- A claim's deadline in days ends with its day in the agreement's zone; what came too late or never is *lapsed*, and still shown.
- A commitment's own `claim:` stands in place of the agreement's: another deadline, `by: any time`, or `automatic`. Of customers
  who share an agreement each claims for themselves. Working days are those of
  the calendar named, else of the promise's hours.

Each case below is a whole workspace with its figures worked out by hand. All are run as tests.
"""
PAGES = {
    "credits.md": (CREDITS, (("Cases", "remedies"),)),
    "measures.md": (MEASURES, (("Availability", "availability"), ("Values", "values"), ("Combinations", "combine"), ("Duties", "duties"))),
    "versions.md": (VERSIONS, (("Versions of an agreement", "versions"), ("Late and corrected facts", "corrections"))),
}


def page(name: str) -> str:
    """One page as Markdown: its head, an index, the cases of its folders."""
    head, groups = PAGES[name]
    lines = [head]
    for title, folder in groups:
        lines.append(f"## {title}\n")
        lines += [case(path) for path in sorted((CASES / folder).glob("*.md"))]
    return "\n".join(lines)


def case(path: Path) -> str:
    """A case page one level down; its files are named above their text, its commands stay as they are."""
    text = re.sub(r"^# ", "### ", path.read_text("utf-8"), count=1)
    text = re.sub(r"^```(\w+) (\S+)\n", r"`\2`:\n\n```\1\n", text, flags=re.MULTILINE)
    return re.sub(r"^```console\n", "```text\n", text, flags=re.MULTILINE)


if __name__ == "__main__":
    for name in PAGES:
        target = ROOT / "docs" / name
        if "--check" not in sys.argv:
            target.write_text(page(name), "utf-8")
        elif not target.exists() or target.read_text("utf-8") != page(name):
            sys.exit(f"{name} is not what the cases say: run python docs/build_cases.py")
