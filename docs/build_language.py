"""Makes docs/language.md: every key the models read, with one sentence for each from ``language_keys.txt``.

Law: the keys come from the models (``upheld.agreement.schema``); a sentence for a key that is not there stops the build, so does a
key of a clause described here that has no sentence. ``--check`` says whether the page is what the models say now.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from upheld.agreement.schema import schema

PAGE = Path(__file__).with_name("language.md")
KEYS = Path(__file__).with_name("language_keys.txt")
EVERYWHERE = ("accept", "title", "says", "notes", "at_least", "same", "zone", "description", "up_to_of", "count")
HEAD = """\
# The language, key by key

An agreement is one YAML file. Unknown keys are findings; `x-` keys are your own. `title`, `says` and `notes` may stand in most clauses
and change no figure; `accept` turns a finding into a printed note. Wherever a value can differ, a look-up may stand:
`{by <attribute>: {<row>: <value>, else: <value>}}`. Clock rules are drawn in [clocks.md](clocks.md), figures worked in
[measures.md](measures.md), money is read and checked now and settled later.
"""


def sentences() -> dict[str, tuple[dict[str, str], str]]:
    """For each clause its keys' sentences, and an example."""
    found: dict[str, tuple[dict[str, str], str]] = {}
    clause = ""
    for line in KEYS.read_text("utf-8").splitlines():
        key, colon, said = line.partition(": ")
        if line.startswith("= "):
            found[clause] = (found[clause][0], line[2:])
        elif colon:
            found[clause][0][key] = said
        else:
            clause = line
            found[clause] = ({}, "")
    return found


def words(kind: Any) -> str:
    """The words a key takes where it takes only a few, in code quotes."""
    if not isinstance(kind, dict):
        return ""
    listed = kind.get("enum") or next((k["enum"] for k in kind.get("anyOf", ()) if "enum" in k), ())
    return ", ".join(f"`{w}`" for w in listed if isinstance(w, str))


def section(name: str, clause: dict[str, Any], said: dict[str, str], example: str) -> list[str]:
    """One clause: what it is, an example, a line for each key."""
    kinds = clause["properties"]
    strange = [k for k in said if k not in kinds]
    if strange:
        raise SystemExit(f"language_keys.txt describes keys of {name} that no model reads: {', '.join(strange)}")
    silent = [k for k in kinds if k not in said and k not in EVERYWHERE]
    if silent and name != "Agreement":
        raise SystemExit(f"language_keys.txt has no sentence for {name}: {', '.join(silent)}")
    lines = [f"## {name}", "", clause["description"].replace("``", "`"), "", *(["```yaml", example, "```", ""] if example else [])]
    needed = clause.get("required", ())
    for key, sentence in said.items():
        choice = words(kinds[key])
        lines.append(f"- `{key}`{' (needed)' if key in needed else ''}: {sentence}{f' One of {choice}.' if choice else ''}")
    if silent:
        lines.append(f"- Text, printed into the contract: {', '.join(f'`{k}`' for k in silent)}")
    return [*lines, ""]


def page() -> str:
    """The whole page: the clauses described, then those that hold text for people."""
    known = schema()
    clauses = {"Agreement": {"description": known["description"], **known}, **known["$defs"]}
    described = sentences()
    lines = [HEAD]
    for name, (said, example) in described.items():
        lines += section(name, clauses[name], said, example)
    lines += ["## Smaller clauses, and those that are text", "", "Printed into the contract, or read by other commands; their keys:", ""]
    for name in sorted(set(clauses) - set(described)):
        keys = ", ".join(f"`{k}`" for k in clauses[name]["properties"] if k not in ("accept", "title", "notes"))
        lines.append(f"- **{name}**: {clauses[name]['description'].replace('``', '`')} {keys}")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    if "--check" not in sys.argv:
        PAGE.write_text(page(), "utf-8")
    elif not PAGE.exists() or PAGE.read_text("utf-8") != page():
        sys.exit("language.md is not what the models say: run python docs/build_language.py")
