"""One practice ground: everything of it under one folder, started and ended as a whole."""

import shlex
import shutil
import sys
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from practice import (
    binary,
    cache,
    embedding,
    facts,
    issuer,
    keycloak,
    keycloak_build,
    kubernetes,
    pki,
    ports,
    programs,
    servers,
    tokens,
)
from practice.confluence import start as confluence
from practice.confluence.facts import Confluence
from practice.dynatrace import start as dynatrace
from practice.facts import Ground, Keycloak, Kubernetes, Metrics, Part
from practice.grafana import start as grafana
from practice.incident import Clock
from practice.library import start as library
from practice.lock import MARK, held, marked
from practice.metrics import build
from practice.metrics import start as metrics
from practice.splunk import start as splunk
from practice.steps import Steps

__all__ = ["PARTS", "Ground", "default_folder", "document", "down", "find", "status", "up"]

CHECKOUT = Path(__file__).resolve().parent.parent


def _nothing() -> None:
    """Need nothing of the machine."""


CHECKS = {
    "kubernetes": binary.check,
    "keycloak": keycloak_build.check,
    "metrics": build.check,
    "splunk": _nothing,
    "dynatrace": _nothing,
    "grafana": _nothing,
    "confluence": _nothing,
    "library": embedding.check,
}
PARTS = (*CHECKS, "servers")


class Down(LookupError):
    """No ground runs there."""


def default_folder() -> Path:
    """Give this checkout's own ground, so that two checkouts do not meet."""
    state = cache.home("XDG_STATE_HOME", ".local/state")
    return state / "bailiwick-practice" / cache.key(str(CHECKOUT))[:8]


def up(at: Path | None = None, only: Collection[str] = PARTS, steps: Steps | None = None) -> Ground:
    """Start a ground, or give the one that runs; whatever fails takes all of it down again."""
    at, steps = _folder(at), steps or Steps()
    with held(at):
        found = _whole(at)
        if found:
            if lacking := [part for part in PARTS if part in only and part not in found.parts]:
                raise Down(f"the ground at {at} runs without {', '.join(lacking)}: down first")
            steps.say("ground: is up already")
            return found
        with ExitStack() as undo:
            undo.callback(_remove, at)
            for part, check in CHECKS.items():
                if part in only:
                    check()
            _empty(at)
            ground = _start(at, only, steps)
            undo.pop_all()
    steps.say("ground: is up")
    return ground


def down(at: Path | None = None, steps: Steps | None = None) -> bool:
    """End a ground's processes and remove its folder; tell whether there was one."""
    at, steps = _folder(at), steps or Steps()
    if not marked(at):
        steps.say("ground: there is none")
        return False
    with held(at):
        _remove(at)
    steps.say("ground: is down")
    return True


def find(at: Path | None = None) -> Ground:
    """Give the ground that runs at a folder, or raise `Down`."""
    at = _folder(at)
    ground = _whole(at)
    if ground is None:
        raise Down(f"no ground runs at {at}: python -m practice up")
    return ground


def document(ground: Ground) -> dict[str, Any]:
    """Give what `up --json` prints."""
    return ground.document()


def status(at: Path | None = None) -> dict[str, Any]:
    """Give {at, up, processes: {name: {pid, running}}} as it is now."""
    at = _folder(at)
    return {
        "at": str(at),
        "up": _whole(at) is not None,
        "processes": {
            each.name: {"pid": each.pid, "running": programs.running(each)}
            for each in programs.recorded(at)
        },
    }


def _folder(at: Path | None) -> Path:
    return default_folder() if at is None else at.resolve()


def _whole(at: Path) -> Ground | None:
    """Give the ground if every program of it runs."""
    ground = facts.load(at)
    living = {each.name for each in programs.recorded(at) if programs.running(each)}
    return ground if ground and ground.processes.keys() <= living else None


def _start(at: Path, only: Collection[str], steps: Steps) -> Ground:
    authority, clock = pki.found(at / "pki"), Clock.at(datetime.now(UTC))
    parts = _parts(at, only, authority, clock, steps)
    api, identity = parts.get("kubernetes"), parts.get("keycloak")
    if "servers" in only and isinstance(api, Kubernetes) and isinstance(identity, Keycloak):
        steps.stop.clear()  # the parts before are all up: nothing is being given up any more
        parts["servers"] = servers.start(at, parts, steps)
    ground = Ground(
        at=at,
        token=_token_command(at) if "keycloak" in parts else None,
        processes={each.name: each.pid for each in programs.recorded(at)},
        parts=parts,
        now=clock.now.isoformat(),
    )
    facts.save(ground)
    return ground


def _parts(
    at: Path, only: Collection[str], authority: pki.Authority, clock: Clock, steps: Steps
) -> dict[str, Part]:
    """Start the parts side by side; the first that fails stops the others."""
    port = ports.free(1)[0]
    # The API looks for its provider when it starts and then every 10 s: it is told before.
    expected = keycloak.facts(port, authority) if "keycloak" in only else None
    starters: dict[str, Callable[[], Part]] = {
        "kubernetes": lambda: kubernetes.start(at, authority, steps, expected),
        "keycloak": lambda: keycloak.start(at, authority, steps, port),
        "metrics": lambda: metrics.start(at, steps, clock),
        "splunk": lambda: splunk.start(at, authority, steps, clock),
        "dynatrace": lambda: dynatrace.start(at, authority, steps, clock),
        "confluence": lambda: confluence.start(at, authority, steps, clock),
        "library": lambda: library.start(at, steps, clock, _wiki(begun)),
    }
    begun: dict[str, Future[Part]] = {}
    with ThreadPoolExecutor(len(starters)) as pool:
        for name in (name for name in starters if name in only):
            begun[name] = pool.submit(starters[name])
        try:
            for future in wait(begun.values(), return_when=FIRST_EXCEPTION).done:
                future.result()
            parts = {name: future.result() for name, future in begun.items()}
            if "grafana" in only and isinstance(store := parts.get("metrics"), Metrics):
                url = store.prometheus
                parts["grafana"] = grafana.start(at, authority, steps, clock, url)
            _acquaint(at, parts, expected, steps)
        finally:
            steps.stop.set()
    return parts


def _wiki(begun: Mapping[str, Future[Part]]) -> Confluence | None:
    """Wait for the wiki, where it was begun."""
    wiki = begun["confluence"].result() if "confluence" in begun else None
    return wiki if isinstance(wiki, Confluence) else None


def _acquaint(
    at: Path,
    parts: Mapping[str, Part],
    expected: Keycloak | None,
    steps: Steps,
) -> None:
    """Wait until Kubernetes trusts Keycloak where both run."""
    api, identity = parts.get("kubernetes"), parts.get("keycloak")
    if not (isinstance(api, Kubernetes) and isinstance(identity, Keycloak)):
        return
    if identity != expected:  # its port was taken by another program meanwhile
        kubernetes.trusting(at, identity)
    token = tokens.obtain(identity, "ana", "kubernetes")["access_token"]
    with issuer.link(api.ca_file) as link:

        def trusted() -> bool:
            bearer = {"Authorization": f"Bearer {token}"}
            return link.get(f"{api.server}/api/v1/namespaces", headers=bearer).is_success

        steps.until(trusted, "trust of Kubernetes in Keycloak", 90)
    steps.say("kubernetes: takes Keycloak's tokens")


def _token_command(at: Path) -> str:
    words = [sys.executable, "-m", "practice", "token", "ana", "--at", str(at)]
    return f"cd {shlex.quote(str(CHECKOUT))} && {shlex.join(words)}"


def _empty(at: Path) -> None:
    """End what an earlier command left behind and clear the folder, all but its mark."""
    programs.end_all(at)
    for each in at.iterdir():
        if each.is_dir():
            shutil.rmtree(each)
        elif each.name != MARK:
            each.unlink()


def _remove(at: Path) -> None:
    programs.end_all(at)
    shutil.rmtree(at)
