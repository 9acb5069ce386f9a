"""The ground's own hand on its Kubernetes API."""

import json
import ssl
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
import yaml

MANAGER = "practice"
APPLY = {"Content-Type": "application/apply-patch+yaml"}
PASSING = {404, 409, 429, 500, 503}  # while kinds and namespaces are still being set up


def client(server: str, folder: Path, name: str) -> httpx.Client:
    """Open a client that signs in with the certificate NAME of a folder of keys."""
    tls = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    tls.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
    return httpx.Client(base_url=server, verify=tls, timeout=30, trust_env=False)


def documents(text: str) -> list[dict[str, Any]]:
    """Read the objects of a YAML text; a List gives its items."""
    found: list[dict[str, Any]] = []
    for document in yaml.load_all(text, Loader=yaml.CSafeLoader):
        if document:
            found.extend(document["items"] if document["kind"] == "List" else [document])
    return found


class Applier:
    """Server-side apply of any kind; the API itself says under which path a kind lives."""

    def __init__(self, link: httpx.Client, watch: Callable[[], None] = lambda: None) -> None:
        self._link = link
        self._watch = watch
        self._kinds: dict[str, dict[str, tuple[str, bool]]] = {}

    def apply(self, objects: Iterable[dict[str, Any]], seconds: float = 20) -> None:
        """Apply objects in their order; what is refused only for the moment is tried again."""
        last = time.monotonic() + seconds
        for each in objects:
            while refused := self._refused(each):
                if time.monotonic() > last:
                    name = f"{each['kind']} {each['metadata']['name']}"
                    raise TimeoutError(f"{name} is still refused: {refused}")
                self._watch()
                time.sleep(0.1)

    def _refused(self, each: dict[str, Any]) -> str:
        """Apply one object; give why not if that may pass, and raise if it will not."""
        path = self._path(each)
        if path is None:
            del self._kinds[each["apiVersion"]]
            return "its kind is not known"
        query = {"fieldManager": MANAGER, "force": "true"}
        answer = self._link.patch(path, params=query, headers=APPLY, content=json.dumps(each))
        if answer.is_success:
            return ""
        if answer.status_code in PASSING or "error looking up service account" in answer.text:
            return answer.text[:500]
        name = f"{each['kind']} {each['metadata']['name']}"
        raise RuntimeError(f"{name} was refused: {answer.text[:500]}")

    def _path(self, each: dict[str, Any]) -> str | None:
        version, kind = each["apiVersion"], each["kind"]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if version not in self._kinds:
            answer = self._link.get(root)
            listed: list[dict[str, Any]] = (
                answer.json().get("resources", []) if answer.is_success else []
            )
            self._kinds[version] = {
                one["kind"]: (one["name"], one["namespaced"])
                for one in listed
                if "/" not in one["name"]
            }
        if kind not in self._kinds[version]:
            return None
        plural, namespaced = self._kinds[version][kind]
        meta = each["metadata"]
        inside = f"/namespaces/{meta.get('namespace', 'default')}" if namespaced else ""
        return f"{root}{inside}/{plural}/{meta['name']}"
