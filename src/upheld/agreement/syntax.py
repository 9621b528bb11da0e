"""What is wrong with a text that is not YAML, said to a person who does not know YAML's grammar.

Law: each complaint of libyaml becomes one finding of slug ``syntax`` with the place that has to be mended, which is not
always the place where the parser gave up.
"""

from __future__ import annotations

from yaml.error import Mark, MarkedYAMLError

from upheld.values.finding import Finding, Place

__all__ = ["explain"]

_QUOTE = "put the value in quotes"


def explain(error: MarkedYAMLError, name: str, lines: list[str]) -> Finding:
    """The finding for what libyaml could not read in the file ``name`` with these ``lines``."""
    at = _place(error.problem_mark or error.context_mark, name, lines)
    opened = _place(error.context_mark, name, lines) if error.context_mark else at
    problem = error.problem or ""
    char = at.text[at.col - 1 : at.col]
    above = next((line for line in reversed(lines[: max(at.line - 1, 0)]) if line.strip()), "")
    message, help_, place = _words(problem, error.context or "", at, opened, char, above)
    related = ((opened, "opened here"),) if "expected ',' or" in problem and opened != place else ()
    return Finding("syntax", message, place, help_, "error", related)


def _words(problem: str, context: str, at: Place, opened: Place, char: str, above: str) -> tuple[str, str, Place]:
    if problem.startswith("found unexpected") and "quoted" in context:
        return "this quote is never closed", "close it with the same quote", opened
    if "expected ',' or" in problem or problem == "did not find expected node content":
        return _bracket(context, at, opened, char)
    if problem == "mapping values are not allowed in this context":
        return _second_colon(at, above)
    if problem == "found character that cannot start any token":
        return _first_character(at, char)
    if "tab character" in problem:
        return "a tab stands where the line is indented", "indent with spaces", at
    if "escape" in problem or "hexdecimal" in problem:
        start = at.text.rfind("\\", 0, at.col)
        return (f"`{at.text[start : start + 2]}…` is no escape that double quotes know",
                r"write the character itself; a backslash is `\\`, or use single quotes", at)
    if problem == "could not find expected ':'":
        return "a key needs a colon and a space after it", "write `key: value`", opened
    if problem.startswith("block sequence entries"):
        return "a list cannot begin behind a key on the same line", "put `- item` on a line of its own, or write `[item]`", at
    if problem.startswith("mapping keys"):
        return "`?` begins nothing here", _QUOTE, at
    if "block scalar" in context:
        mark = opened.text[opened.col - 1 : opened.col]
        quoted = opened.text[opened.col - 1 :].strip()
        return f"`{mark}` at the start of a value begins a block of text", f'{_QUOTE}: "{quoted}"', opened
    if "alias" in context or "anchor" in context:
        return f"a value cannot begin with `{opened.text[opened.col - 1 : opened.col]}`", _QUOTE, opened
    if "tag" in context or "tag" in problem or "directive" in context or "directive" in problem:
        return "tags and directives are not used here", f"leave it out; {_QUOTE} if the sign is meant", at
    if problem.startswith(("did not find expected key", "did not find expected '-'")):
        return _indentation(context, at)
    if problem == "did not find expected <document start>":
        return "this stands outside of the keys and values before it", "indent it like them, and write `key: value`", at
    return f"this cannot be read: {problem}", "compare with the lines above", at


def _bracket(context: str, at: Place, opened: Place, char: str) -> tuple[str, str, Place]:
    if char == ":" and at.line == opened.line:
        return "a second colon in one value", f"{_QUOTE}, or put the inner keys in braces", at
    if char and char in "}]" and "flow node" not in context and "expected ','" not in context and opened == at:
        return f"`{char}` closes nothing", "delete it, or add the bracket that opens", at
    if context.startswith("while parsing a flow "):
        bracket = opened.text[opened.col - 1 : opened.col]
        if bracket in ("{", "["):
            close = "}" if bracket == "{" else "]"
            message = f"`{bracket}` is not closed with `{close}`, or a comma is missing before here"
            return message, f"add `{close}` or the comma", at
    return "a value is missing here, or a bracket is not closed", "write the value, or close the bracket", at


def _second_colon(at: Place, above: str) -> tuple[str, str, Place]:
    before = at.text[: at.col - 1]
    if ": " in before:
        value = at.text[before.index(": ") + 2 :].strip()
        return "a second `: ` in one line", f'put the value in quotes: "{value}"', at
    if ":" in above:
        message = "this key is indented below a line that has a value already"
        return message, "indent it like the keys it belongs with, or take the value above away", at
    return "a key begins here, but the line above has no colon", "write `key: value` above", at


def _first_character(at: Place, char: str) -> tuple[str, str, Place]:
    if char == "\t":
        return "a tab stands where the line is indented", "indent with spaces", at
    return f"a value cannot begin with `{char}`", _QUOTE, at


def _indentation(context: str, at: Place) -> tuple[str, str, Place]:
    before = at.text[: at.col - 1].rstrip()
    if before.endswith(("'", '"')):
        return "text follows after the closing quote", "put the whole value in quotes", at
    if before.strip():
        return "the value ended before this", _QUOTE, at
    if context.endswith("block collection"):
        message = "this line stands below a list but does not begin with `- `"
        return message, "begin it with `- `, or indent it like the key above", at
    return "this line is indented like none of the keys above", "begin it in the same column as the keys it belongs with", at


def _place(mark: Mark | None, name: str, lines: list[str]) -> Place:
    if mark is None:
        return Place(name)
    line, col = mark.line, mark.column
    if line >= len(lines) or (not lines[line].strip() and line > 0 and not any(text.strip() for text in lines[line:])):
        # The end of the file: the last line that says something is where a person looks.
        line = max((i for i, text in enumerate(lines) if text.strip()), default=0)
        col = len(lines[line].rstrip())
    return Place(name, line + 1, col + 1, 1, lines[line])
