"""An image cannot be pulled: it is not there, its registry refuses, or cannot be reached.

Reasons as kubelets give them (ErrImagePull, ImagePullBackOff, InvalidImageName, ErrImageNeverPull)
and what containerd, CRI-O and registries say (OCI distribution specification, error codes).
"""

import re
from collections.abc import Iterator

from bailiwick_cluster.diagnosis.containers import Container, containers
from bailiwick_cluster.diagnosis.falling import present
from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Sign
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.diagnosis.steps import spec
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, text
from bailiwick_cluster.upstream import Object

_WAITS = frozenset(
    {
        "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull",
        "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed",
    }
)  # fmt: skip
_IMAGE = re.compile(
    r"[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?(/[a-z0-9]([a-z0-9._-]*[a-z0-9])?)*"
    r"(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[a-f0-9]{64})?"
)
_AWAY = (
    r"connection refused|i/o timeout|deadline exceeded|handshake timeout|no route to host"
    r"|network is unreachable|connection reset|Client.Timeout"
)
_REFUSED = (
    r"\b40[13] (Unauthorized|Forbidden)|status code:? 40[13]|[Uu]nauthorized|[Ff]orbidden"
    r"|authentication required|pull access denied|no basic auth credentials"
    r"|authorization failed|insufficient_scope|\bdenied\b"
)
_ABSENT = (
    r"not found|NotFound|manifest unknown|MANIFEST_UNKNOWN|NAME_UNKNOWN|name unknown"
    r"|does not exist|no such manifest"
)
_WHY = (
    ("limited", r"toomanyrequests|429 Too Many|rate limit"),
    ("platform", r"no match for platform|no matching manifest for"),
    ("full", r"no space left on device"),
    ("unnamed", r"no such host|server misbehaving|name resolution|lookup \S+ on|lookup \S+:"),
    ("untrusted", r"x509|certificate|server gave HTTP response to HTTPS|tls: "),
    ("away", _AWAY),
    ("signature", r"[Ss]ignature|policy requirement"),
    ("refused", _REFUSED),
    ("absent", _ABSENT),
    ("broken", r"status(?: code)?:? 5[0-9]{2}|50[0234] |Service Unavailable|Bad Gateway"),
)
_PATTERNS = tuple((why, re.compile(pattern)) for why, pattern in _WHY)
_REGISTRY = {
    "limited": "allows no more pulls for now (429, rate limit)",
    "unnamed": "cannot be found: its name does not resolve",
    "untrusted": "is not trusted: its certificate, or that it speaks no TLS",
    "away": "cannot be reached",
    "broken": "fails (5xx)",
}
_IMAGES = {
    "absent": "is not in its registry: no such name or tag",
    "platform": "has no build for the platform of its node",
    "signature": "has no signature that the node accepts",
    "full": "cannot be unpacked: the node's disk is full",
    "InvalidImageName": "is no name that an image can have",
    "ErrImageNeverPull": "is not on its node, and may not be pulled (imagePullPolicy Never)",
    "": "cannot be pulled",
}
_SECRETS = re.compile(r"Unable to retrieve some image pull secrets \(([^)]{1,500})\)")


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each container whose image does not come."""
    for pod in present(snapshot):
        for container in containers(pod):
            if container.waiting in _WAITS:
                yield _sign(snapshot, pod, container)


def _sign(snapshot: Snapshot, pod: Object, container: Container) -> Sign:
    owner, said = snapshot.owner(pod), _said(snapshot, pod, container)
    fixed = container.waiting if container.waiting in _IMAGES else ""
    words = said.replace(container.image, "") if container.image else said  # a tag may say 403
    why = fixed or next((why for why, pattern in _PATTERNS if pattern.search(words)), "")
    about, what = _judged(snapshot, pod, container, why)
    return Sign(
        about=about,
        key=why,
        what=what,
        shown=ref(pod, "Pod"),
        owner=owner,
        effect="cannot start",
        evidence=(said,) if said else (),
        since=moment(text(pod, "metadata", "creationTimestamp")),
        step=spec(owner),
    )


def _judged(snapshot: Snapshot, pod: Object, container: Container, why: str) -> tuple[Ref, str]:
    """Say what is at fault, and how."""
    image = container.image if _IMAGE.fullmatch(container.image) else ""
    host = registry(image) if image else "?"
    if why in _REGISTRY:
        about = Ref("Registry", "", host)
        return about, f"registry {host} {_REGISTRY[why]}"
    if why == "refused":
        return _refused(snapshot, pod, image or "?", host)
    about = Ref("Image", "", image or "?")
    return about, f"image {image or '(not a plain name)'} {_IMAGES.get(why, _IMAGES[''])}"


def _refused(snapshot: Snapshot, pod: Object, image: str, host: str) -> tuple[Ref, str]:
    namespace = text(pod, "metadata", "namespace")
    names = secrets(snapshot, pod)
    lost = _lost(snapshot, pod, namespace, names)
    if lost:
        about = Ref("Secret", namespace, lost)
        return about, f"{about}, with which images are pulled from {host}, is missing"
    if names:
        about = Ref("Secret", namespace, names[0])
        return about, f"registry {host} refuses image {image}, pulled with {about}"
    about = Ref("Registry", namespace, host)
    return about, (
        f"registry {host} refuses image {image}: the pods have no pull secret"
        " (imagePullSecrets), or there is no such image"
    )


def _lost(snapshot: Snapshot, pod: Object, namespace: str, names: list[str]) -> str:
    """Name the pull secret that is not there: the list knows, or else the kubelet."""
    for name in names:
        if snapshot.lacks("Secret", namespace, name):
            return name
    for event in snapshot.events(ref(pod, "Pod")):
        if found := _SECRETS.search(event.message):
            told = {each.strip() for each in found[1].split(",")}
            return next((name for name in names if name in told), "")
    return ""


def secrets(snapshot: Snapshot, pod: Object) -> list[str]:
    """Name the Secrets a pod pulls images with: its own, or those of its service account."""
    own = [plain(text(each, "name")) for each in listing(pod, "spec", "imagePullSecrets")]
    if own:
        return own
    named = text(pod, "spec", "serviceAccountName") or "default"
    account = snapshot.find("ServiceAccount", text(pod, "metadata", "namespace"), named)
    return [plain(text(each, "name")) for each in listing(account or {}, "imagePullSecrets")]


def _said(snapshot: Snapshot, pod: Object, container: Container) -> str:
    """Return what tells most of why: what the container waits with, or an event of the pull."""
    said = container.message
    if any(pattern.search(said) for _, pattern in _PATTERNS):
        return said
    for event in snapshot.events(ref(pod, "Pod")):
        if (
            event.reason == "Failed"
            and "pull" in event.message
            and (container.image in event.message or len(listing(pod, "spec", "containers")) == 1)
        ):
            return event.message
    return said


def registry(image: str) -> str:
    """Name the host an image comes from, as container runtimes read its name."""
    first, slash, _ = image.partition("/")
    return (
        first if slash and ("." in first or ":" in first or first == "localhost") else "docker.io"
    )


CAUSE = Cause("image", Layer.PARTS, ("Pod",), look)
