"""Summaries of what keeps data: claims and volumes, ConfigMaps and Secrets. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bailiwick.wording import many
from bailiwick_cluster.describing import about
from bailiwick_cluster.describing.around import Around
from bailiwick_cluster.describing.lines import Lines, conditions, cut, name, some, value
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, text, words
from bailiwick_cluster.quantities import memory

_SIZED = re.compile(r"\[redacted: Secret data, ([0-9]{1,12}) bytes\]")
"""What stands in place of a Secret's value once it is redacted."""
_DATA = {"f:data", "f:stringData"}
"""How the owner of a Secret's values is told among its managed fields."""
_MOST_KEYS = 30
_BEGINNING = 60
"""Characters of a value that are shown; part="full" has all of it."""
_NONE: Mapping[str, str] = {}


def claim(found: Any, around: Around, lines: Lines) -> str:
    """Write the summary of a PersistentVolumeClaim."""
    about.head(lines, around, found)
    spec, status = mapping(found, "spec"), mapping(found, "status")
    has, wants = (
        value(status, "capacity", "storage"),
        value(spec, "resources", "requests", "storage"),
    )
    lines.add("size", has, f"asked for {wants}" if wants != has else "")
    lines.add(
        "class", _named(around, "StorageClass", text(spec, "storageClassName")) or "none said"
    )
    lines.add("volume", _named(around, "PersistentVolume", text(spec, "volumeName")) or "none yet")
    lines.add("access", some(words(spec, "accessModes")), text(spec, "volumeMode"))
    conditions(found, lines, ())
    _users(lines, around)
    return ""


def _named(around: Around, kind: str, own: str) -> str:
    gone = around.standing(kind, own) == "MISSING"
    return f"{own} (MISSING)" if gone else own


def volume(found: Any, around: Around, lines: Lines) -> str:
    """Write the summary of a PersistentVolume."""
    about.head(lines, around, found)
    spec, claimed = mapping(found, "spec"), mapping(found, "spec", "claimRef")
    lines.add("size", value(spec, "capacity", "storage"))
    lines.add(
        "claim", f"{text(claimed, 'namespace')}/{text(claimed, 'name')}" if claimed else "none"
    )
    lines.add("class", text(spec, "storageClassName"))
    lines.add("when released", text(spec, "persistentVolumeReclaimPolicy"))
    lines.add("access", some(words(spec, "accessModes")))
    lines.add("driver", text(spec, "csi", "driver"), text(spec, "csi", "volumeHandle"))
    lines.add("why", text(found, "status", "reason"), text(found, "status", "message"))
    return ""


def config_map(found: Any, around: Around, lines: Lines) -> str:
    """Write the summary of a ConfigMap: its keys, their sizes, and how each value begins."""
    about.head(lines, around, found)
    data = {key: v for key, v in mapping(found, "data").items() if isinstance(v, str)}
    sizes = {key: len(said.encode(errors="replace")) for key, said in data.items()}
    # Base64: what it encodes is three quarters as long.
    sizes |= {key: len(str(said)) * 3 // 4 for key, said in mapping(found, "binaryData").items()}
    lines.add("immutable", "yes" if found.get("immutable") is True else "")
    return _held(lines, around, sizes, data)


def secret(found: Any, around: Around, lines: Lines) -> str:
    """Write the summary of a Secret: type, keys, sizes and ages, and who uses it. Never a value."""
    about.head(lines, around, found)
    lines.add("type", text(found, "type"), "immutable" if found.get("immutable") is True else "")
    lines.add("data last changed", *_changed(lines, found))
    data = {**mapping(found, "data"), **mapping(found, "stringData")}
    told = _held(lines, around, {key: _size(said) for key, said in data.items()})
    own = name(found)
    accounts = [name(each) for each in around.of("ServiceAccount") if own in _given(each)]
    lines.add("given to accounts", some(accounts))
    served = [
        name(e)
        for e in around.of("Ingress")
        if own in {text(t, "secretName") for t in listing(e, "spec", "tls")}
    ]
    lines.add("TLS of Ingress", some(served))
    return told


def _size(said: Any) -> int:
    found = _SIZED.fullmatch(said) if isinstance(said, str) else None
    return int(found[1]) if found else 0


def _changed(lines: Lines, found: Any) -> Iterator[str]:
    """Say when, and by which manager, the data were last written."""
    wrote = [
        each
        for each in listing(found, "metadata", "managedFields")
        if _DATA & mapping(each, "fieldsV1").keys()
    ]
    if wrote:
        last = max(wrote, key=lambda each: moment(text(each, "time")))
        yield lines.ago(text(last, "time"))
        yield f"by {text(last, 'manager')}" if text(last, "manager") else ""


def _held(
    lines: Lines, around: Around, sizes: dict[str, int], shown: Mapping[str, str] = _NONE
) -> str:
    """Write keys and sizes, and of what may be `shown` how it begins."""
    begins = {key: f": {cut(said, _BEGINNING)}" for key, said in shown.items() if said}
    entries = [f"{key} ({_bytes(size)}){begins.get(key, '')}" for key, size in sizes.items()]
    lines.under("keys", entries, _MOST_KEYS)
    _users(lines, around)
    return f"{many(len(sizes), 'key')}, {_bytes(sum(sizes.values()))}"


def _bytes(size: int) -> str:
    return f"{size} bytes" if size < 10_240 else memory(size)


def _users(lines: Lines, around: Around) -> None:
    """Write the pods that use it, and how; that none does is worth a line."""
    users = around.of("Pod")
    if not users:
        lines.add("used by", "no pod of its namespace" if around.has("Pod") else "")
        return
    entries = [
        f"pod {name(each)} ({some(each['ways'], 3)}), {text(each, 'state')}" for each in users
    ]
    lines.under("used by", entries, 8)


def _given(account: Any) -> set[str]:
    return {
        text(each, "name")
        for where in ("secrets", "imagePullSecrets")
        for each in listing(account, where)
    }


def account(found: Any, around: Around, lines: Lines) -> str:
    """Write the summary of a ServiceAccount: who runs as it, which roles it is bound to here."""
    about.head(lines, around, found)
    given = sorted(_given(found))
    lines.add("Secrets", some(given))
    token = found.get("automountServiceAccountToken")
    lines.add("token in pods", "not mounted" if token is False else "mounted unless a pod says no")
    bound = [_role(each) for each in around.of("RoleBinding") if _bound(each, found)]
    lines.under(
        "bound to", bound or (["nothing in its namespace"] if around.has("RoleBinding") else [])
    )
    _users(lines, around)
    runs = many(len(around.of("Pod")), "pod runs", "pods run")
    return f"{runs} as it" if around.has("Pod") else ""


def _bound(binding: Any, found: Any) -> bool:
    own = ("ServiceAccount", text(found, "metadata", "namespace"), name(found))
    here = text(binding, "metadata", "namespace")
    return any(
        (text(each, "kind"), text(each, "namespace") or here, text(each, "name")) == own
        for each in listing(binding, "subjects")
    )


def _role(binding: Any) -> str:
    role = mapping(binding, "roleRef")
    return f"{text(role, 'kind')} {text(role, 'name')} by {name(binding)}"
