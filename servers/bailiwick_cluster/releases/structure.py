"""Two trees of JSON, compared field by field; lists of named things by their names. Pure.

Each tree is walked beside its redacted copy: what differs is found in the one, what is shown comes
from the other.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from bailiwick.shaping.redaction import redact_object

ABSENT: Any = object()
"""In place of a value that is not there."""
Step = str | int | tuple[tuple[str, Any], ...]
"""A field, a place in a list, or the item of a list whose fields are these."""
_KEYS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "ports": (("containerPort", "protocol"), ("port", "protocol")),
    "volumeMounts": (("mountPath",),),
    "volumeDevices": (("devicePath",),),
    "hostAliases": (("ip",),),
    "topologySpreadConstraints": (("topologyKey", "whenUnsatisfiable"),),
    "ownerReferences": (("uid",),),
    "conditions": (("type",),),
}
"""By which fields the API merges lists; others it merges by `name`, or not at all."""
_DEFAULTS = {"protocol": "TCP"}


@dataclass(frozen=True, slots=True)
class Both:
    """A value, and how it may be shown."""

    raw: Any
    shown: Any

    @property
    def there(self) -> bool:
        """Say whether there is one."""
        return self.raw is not ABSENT


NOTHING = Both(ABSENT, ABSENT)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two trees differ, and what stands there in each."""

    path: tuple[Step, ...]
    before: Both
    after: Both

    @property
    def hidden(self) -> bool:
        """Say whether both look alike, since what differs is not shown."""
        return bool(self.before.shown == self.after.shown)


def both(raw: Any) -> Both:
    """Take a tree and its redacted copy."""
    return Both(raw, redact_object(raw, {}))


Alike = Callable[[tuple[Step, ...], Both, Both], bool | None]
"""Says that two values are alike or not, or None for whoever looks to decide by what they are."""


def plainly(_path: tuple[Step, ...], _one: Both, _other: Both) -> bool | None:
    """Let every value be compared by what it is."""
    return None


def differences(
    before: Both, after: Both, alike: Alike = plainly, path: tuple[Step, ...] = ()
) -> Iterator[Difference]:
    """Walk both trees; fields and items that only one of them has are differences too."""
    said = alike(path, before, after)
    if said is True:
        return
    if said is None:
        inside = _inside(path, before, after)
        if inside is not None:
            for step, one, other in inside:
                yield from differences(one, other, alike, (*path, step))
            return
        if _same(before.raw, after.raw):
            return
    yield Difference(path, before, after)


def _same(one: Any, other: Any) -> bool:
    """Compare as JSON does: true is not 1, and 1 is 1.0."""
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    return bool(one == other)


def _inside(
    path: tuple[Step, ...], before: Both, after: Both
) -> list[tuple[Step, Both, Both]] | None:
    """Pair what is inside two mappings or two lists; None where they are neither."""
    if _are(dict, before.raw, after.raw):
        one, other = _fields(before), _fields(after)
    elif _are(list, before.raw, after.raw):
        name = next((step for step in reversed(path) if isinstance(step, str)), "")
        keys = key_of(name, (*_list(before.raw), *_list(after.raw)))
        one, other = _items(before, keys), _items(after, keys)
        if one is None or other is None:
            one, other = _placed(before), _placed(after)
    else:
        return None
    steps = [*one, *(step for step in other if step not in one)]
    return [(step, one.get(step, NOTHING), other.get(step, NOTHING)) for step in steps]


def _fields(tree: Both) -> dict[Step, Both]:
    """Name the fields as they may be shown; redaction keeps their order, and how many there are."""
    raw, shown = cast("dict[str, Any]", tree.raw), tree.shown
    if not isinstance(shown, dict) or len(cast("dict[str, Any]", shown)) != len(raw):
        return {key: Both(value, shown) for key, value in raw.items()}
    pairs = zip(raw.items(), cast("dict[str, Any]", shown).values(), strict=True)
    return {key: Both(value, seen) for (key, value), seen in pairs}


def key_of(name: str, items: Sequence[Any]) -> tuple[str, ...]:
    """Say which fields tell the items of a list apart; none where its order does."""
    if not items or not all(isinstance(each, dict) for each in items):
        return ()
    known: list[dict[str, Any]] = list(items)
    for keys in (*_KEYS.get(name, ()), ("name",)):
        if all(each.get(key, _DEFAULTS.get(key)) is not None for each in known for key in keys):
            return keys
    return ()


def _items(tree: Both, keys: tuple[str, ...]) -> dict[Step, Both] | None:
    """Name the items of a list by these fields; None where there are none, or two are alike."""
    found: dict[Step, Both] = {}
    placed = _placed(tree)
    for each in placed.values():
        step = tuple((key, _plain(each.raw.get(key, _DEFAULTS.get(key)))) for key in keys)
        found[step] = each
    return found if keys and len(found) == len(placed) else None


def _placed(tree: Both) -> dict[Step, Both]:
    """Name the items of a list by their places."""
    raw = _list(tree.raw)
    seen = _list(tree.shown) if _are(list, tree.shown) else [tree.shown] * len(raw)
    return {place: Both(value, seen[place]) for place, value in enumerate(raw)}


def _are(kind: type, *values: Any) -> bool:
    return all(isinstance(value, kind) for value in values)


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value)


def _plain(value: Any) -> Any:
    """Make a name of what may be anything."""
    return value if isinstance(value, str | int) else str(value)


def written(path: Sequence[Step]) -> str:
    """Write where something is, as helm and kubectl do: `spec.containers[name=web].image`."""
    text = ""
    for step in path:
        if isinstance(step, str):
            plain = step.replace("-", "").replace("_", "").isalnum()
            text += f".{step}" if plain else f'["{step}"]'
        elif isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f"[{','.join(f'{key}={value}' for key, value in step)}]"
    return text.removeprefix(".")
