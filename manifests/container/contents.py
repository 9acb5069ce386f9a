# noqa: INP001 - a script beside the Containerfile
"""Tells what is in an image: a table of its size by part, and its bill of materials (CycloneDX).

python contents.py IMAGE.tar SBOM.json      the tar as `podman save` or `docker save` writes it
"""

import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import venv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

HOME = PurePosixPath("opt/bailiwick")
STATUS = "var/lib/dpkg/status"
WHITEOUT = ".wh."
MOST = 14
"""Parts named in the table; the others are summed."""
MEGABYTE = 1_000_000


def main(image: Path, sbom: Path) -> None:
    """Print the table and write the bill."""
    with tarfile.open(image) as archive:
        files = dict[str, tuple[tarfile.TarFile, tarfile.TarInfo]]()
        for layer in layers(archive):
            spread(layer, files)
        table(files)
        tool = Path(sys.executable).with_name("cyclonedx-py")
        if not tool.exists():
            sys.stderr.write("images: no bill of materials: pip install cyclonedx-bom\n")
            return
        sbom.write_bytes(bill(tool, files))


def layers(archive: tarfile.TarFile) -> Iterator[tarfile.TarFile]:
    """Open an image's layers, the lowest first."""
    manifest: list[dict[str, Any]] = orjson.loads(taken(archive, "manifest.json"))
    for name in manifest[0]["Layers"]:
        member: Any = archive.extractfile(name)
        yield tarfile.open(fileobj=member)  # noqa: SIM115 - ends with the archive that it is in


def taken(archive: tarfile.TarFile, name: str | tarfile.TarInfo) -> bytes:
    """Read one file of an archive."""
    member = archive.extractfile(name)
    return member.read() if member else b""


def spread(
    layer: tarfile.TarFile, files: dict[str, tuple[tarfile.TarFile, tarfile.TarInfo]]
) -> None:
    """Lay a layer over those below it."""
    for info in layer:
        path = PurePosixPath(info.name)
        if path.name.startswith(WHITEOUT):
            gone = str(path.with_name(path.name.removeprefix(WHITEOUT)))
            for name in [each for each in files if each == gone or each.startswith(f"{gone}/")]:
                del files[name]
        elif info.isfile():
            files[str(path)] = (layer, info)


def table(files: dict[str, tuple[tarfile.TarFile, tarfile.TarInfo]]) -> None:
    """Print what weighs how much, the heaviest first."""
    parts = Counter[str]()
    for name, (_, info) in files.items():
        parts[part(PurePosixPath(name))] += info.size
    heaviest = parts.most_common(MOST)
    rest = parts.total() - sum(size for _, size in heaviest)
    for name, size in [*heaviest, ("all others", rest), ("together", parts.total())]:
        sys.stdout.write(f"  {size / MEGABYTE:6.1f} MB  {name}\n")


def part(path: PurePosixPath) -> str:
    """Name what a file belongs to: a package, or something of the base."""
    if path.is_relative_to(HOME):
        below = path.relative_to(HOME).parts
        if below[0] != "lib":
            return "/".join(below[:2])
        return re.sub(r"(\.libs|_raw|-[\d.]+\.dist-info)$", "", below[3])
    kind = "Python" if "python3" in str(path) else "Debian's libraries and files"
    return f"base: {kind}"


def bill(tool: Path, files: dict[str, tuple[tarfile.TarFile, tarfile.TarInfo]]) -> bytes:
    """Let the packages' own metadata be read, and add the packages of the base."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=False)
        into = Path(sysconfig.get_path("purelib", "venv", {"base": folder}))
        for name, (layer, info) in files.items():
            path = PurePosixPath(name)
            if path.parent.suffix == ".dist-info" and path.is_relative_to(HOME):
                target = into / path.parent.name / path.name
                target.parent.mkdir(exist_ok=True)
                target.write_bytes(taken(layer, info))
        read = ["environment", "--output-reproducible", "--mc-type", "application", folder]
        command = [str(tool), *read]
        said = subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603
    document: dict[str, Any] = orjson.loads(said)
    if STATUS in files:
        document["components"] += list(debian(taken(*files[STATUS]).decode()))
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def debian(status: str) -> Iterator[dict[str, str]]:
    """Give each package that a Debian base knows of."""
    for entry in status.strip().split("\n\n"):
        fields = dict(re.findall(r"^([A-Z][\w-]*): (.*)$", entry, re.MULTILINE))
        name, version = fields["Package"], fields["Version"]
        purl = f"pkg:deb/debian/{name}@{version}?arch={fields['Architecture']}"
        yield {"bom-ref": purl, "type": "library", "name": name, "version": version, "purl": purl}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
