"""How commands write their arguments: fields, options and what stands after `by`."""

import re
from collections.abc import Iterable, Mapping

from practice.splunk.spl.criteria import wildcard
from practice.splunk.spl.values import Malformed

WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s,"]+)', re.DOTALL)
OPTION = re.compile(r'(?<![\w"])([A-Za-z_][\w.]*)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"\0]+)')
BY = re.compile(r"(?:^|\s)by\s", re.IGNORECASE)


def fields(args: str) -> list[str]:
    """Read the names of fields, parted by spaces or commas."""
    return [found[1] if found[1] is not None else found[2] for found in WORD.finditer(args)]


def options(args: str, names: Iterable[str]) -> tuple[dict[str, str], str]:
    """Take `name=value` for these names out of the arguments; give the rest as well."""
    wanted, found = set(names), dict[str, str]()

    def take(match: re.Match[str]) -> str:
        if match[1].lower() not in wanted:
            return match[0]
        found[match[1].lower()] = match[2].strip('"')
        return " "

    return found, OPTION.sub(take, args).strip()


def parted(args: str) -> tuple[str, list[str]]:
    """Part the arguments at `by`."""
    match = BY.search(args)
    return (args[: match.start()], fields(args[match.end() :])) if match else (args, [])


def yes(chosen: Mapping[str, str], name: str, *, otherwise: bool) -> bool:
    """Read an option that is true or false."""
    said = chosen.get(name)
    return otherwise if said is None else said.lower() in {"t", "true", "1", "yes"}


def whole(chosen: Mapping[str, str], name: str, otherwise: int, command: str) -> int:
    """Read an option that is a whole number."""
    said = chosen.get(name, str(otherwise))
    if not re.fullmatch(r"-?\d+", said):
        raise Malformed(
            f"Error in '{command}' command: Invalid value '{said}' for argument '{name}'."
        )
    return int(said)


def chosen(patterns: Iterable[str], names: Iterable[str]) -> list[str]:
    """Give the names that the patterns name, in the patterns' order."""
    known = list(names)
    found: dict[str, None] = {}
    for pattern in patterns:
        if "*" in pattern:
            match = wildcard(pattern).fullmatch
            found.update(dict.fromkeys(name for name in known if match(name)))
        else:
            found[pattern] = None
    return list(found)
