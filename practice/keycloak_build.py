"""Keycloak prepared so that a ground's own copy starts in seconds; measured on 2 cores.

A plain start takes 15 s and 575 MB. Kept in the cache are the distribution augmented for our
options, a database with the realm already in it and an archive of loaded classes: 5 s, 330 MB.
"""

import json
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import yaml

from practice import cache, issuer, pki, ports, programs
from practice.steps import Steps

VERSION = "26.7.3"
ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
BUILD = ("build", "--db=dev-file")
RECIPE = (ARTIFACT, *BUILD)
REALM = Path(__file__).parent / "realm.yaml"
DATABASE = "keycloakdb.mv.db"
ARCHIVE = "classes.jsa"
ENTRY = "io.quarkus.bootstrap.runner.QuarkusEntryPoint"
THREADS = "io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory"
# Short-lived and small: one compiler tier and the serial collector halve start and memory.
JVM = (
    *("-Xms64m", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
    *("-XX:+ExitOnOutOfMemoryError", "-Djava.security.egd=file:/dev/urandom"),
    *("-Dfile.encoding=UTF-8", "-Duser.language=en", "-Duser.country=US"),
    *("--add-opens=java.base/java.util=ALL-UNNAMED", "--add-opens=java.base/java.lang=ALL-UNNAMED"),
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--add-opens=java.base/java.security=ALL-UNNAMED",
    f"-Djava.util.concurrent.ForkJoinPool.common.threadFactory={THREADS}",
    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
    *("-Dpicocli.disable.closures=true", "-Dquarkus-log-max-startup-records=10000"),
)


def java() -> str:
    """Find a Java that is new enough."""
    needed = "Java 17 or newer"
    found = cache.tool("java", needed)
    said = subprocess.run([found, "-version"], capture_output=True, text=True, check=True).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < 17:
        raise FileNotFoundError(f"the java found is too old: install {needed}")
    return found


def check() -> None:
    """Raise if what Keycloak needs of the machine is not there."""
    java()
    if not cache.place("keycloak", RECIPE).exists():
        _maven()


def _maven() -> str:
    return cache.tool("mvn", "Maven 3.8 or newer")


def command(dist: Path, home: Path, *words: str, options: Sequence[str] = ()) -> list[str]:
    """Give the command line of one Keycloak: programs of `dist`, everything else of `home`."""
    places = [f"-Dkc.home.dir={home}", f"-Djboss.server.config.dir={home}/conf"]
    library = ["-cp", f"{dist}/lib/quarkus-run.jar", ENTRY]
    return [java(), *JVM, *options, *places, *library, *words]


def furnish(dist: Path, home: Path) -> None:
    """Make a home of its own for one Keycloak: it looks there for what the build left."""
    home.mkdir(parents=True, exist_ok=True)
    for name in ("lib", "providers", "themes"):
        (home / name).symlink_to(dist / name)


def serve(keys: Path, port: int) -> list[str]:
    """Give the words that serve HTTPS on loopback with the certificate of a folder of keys."""
    return [
        *("start", "--optimized", "--cache=local", f"--hostname=https://{ports.LOOPBACK}:{port}"),
        *(f"--http-host={ports.LOOPBACK}", f"--https-port={port}"),
        f"--https-certificate-file={keys}/keycloak.crt",
        f"--https-certificate-key-file={keys}/keycloak.key",
    ]


def distribution(steps: Steps) -> Path:
    """Give the augmented distribution; the first time it is fetched and built, in a minute."""

    def build(made: Path) -> None:
        steps.say("keycloak: first time here: fetching and building, about a minute")
        with tempfile.TemporaryDirectory(dir=made.parent) as bench:
            copy = [f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={bench}"]
            steps.run([_maven(), "-q", "-B", "dependency:copy", *copy], "fetching Keycloak")
            with zipfile.ZipFile(next(Path(bench).glob("*.zip"))) as packed:
                packed.extractall(bench)
            Path(bench, f"keycloak-{VERSION}").rename(made)
        # KC_ variables of whoever builds must not get into what all grounds share.
        bare = {"HOME": str(made)}
        steps.run(command(made, made, *BUILD), "augmenting Keycloak", environment=bare)

    return cache.kept("keycloak", RECIPE, build)


def seed(dist: Path, steps: Steps) -> Path:
    """Give a folder with the realm's database and the class archive, made by one run."""

    def build(made: Path) -> None:
        steps.say("keycloak: realm is new: seeding a database, about 20 s")
        pki.found(made / "keys").issue("keycloak", "keycloak", names=[ports.LOOPBACK])
        furnish(dist, made)
        imports = made / "data" / "import"
        imports.mkdir(parents=True)
        realm = yaml.safe_load(REALM.read_text())
        (imports / "practice-realm.json").write_text(json.dumps(realm))
        programs.persist(made, ("keycloak",), 1, lambda free: _seeded(dist, made, free[0], steps))
        (made / "data" / "h2" / DATABASE).rename(made / DATABASE)
        shutil.rmtree(made / "data")
        shutil.rmtree(made / "keys")

    return cache.kept("keycloak-seed", [str(dist), REALM, *JVM], build)


def _seeded(dist: Path, home: Path, port: int, steps: Steps) -> None:
    """Run once and end it in peace: the database is written and the classes are archived then."""
    archive = [f"-XX:ArchiveClassesAtExit={home}/{ARCHIVE}"]
    words = command(dist, home, *serve(home / "keys", port), "--import-realm", options=archive)
    running = programs.start(home, "keycloak", words)
    try:
        issuer.answering(home, running, port, home / "keys" / "ca.crt", steps)
    finally:
        programs.end(home, [running], patience=60)
