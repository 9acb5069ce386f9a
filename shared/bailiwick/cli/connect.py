"""`bailiwick connect`: make a server known to a client, or take it out again."""

import argparse
import ipaddress
import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from bailiwick.cli import connect_file
from bailiwick.cli.connect_clients import CLIENTS, UNREMOTE, Client, Entry, Surroundings
from bailiwick.cli.connect_text import put, take
from bailiwick.cli.terminal import as_json, warn
from bailiwick.config import PREFIX, load
from bailiwick.errors import BadConfig
from bailiwick.house import SERVERS, installed

HELP = "print or write the entry of a server in a client's own file"

_PASSED = ("KUBECONFIG", "BAILIWICK_CONFIG", "BAILIWICK_STATE")
"""Paths that a server takes from its environment, which a client's is not."""
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("client", choices=tuple(CLIENTS), help="the program that is to know it")
    parser.add_argument(
        "--server", action="append", choices=SERVERS, help="again for more; default: all there are"
    )
    parser.add_argument("--url", help="of a host that serves them, or of one server's /mcp")
    parser.add_argument(
        "--token-env", default="", metavar="NAME", help="send this variable as token: no sign-in"
    )
    parser.add_argument("--project", type=Path, metavar="FOLDER", help="for one project only")
    parser.add_argument("--file", type=Path, help="another file of the client than the usual one")
    doing = parser.add_mutually_exclusive_group()
    doing.add_argument("--write", action="store_true", help="write it there instead of printing")
    doing.add_argument("--remove", action="store_true", help="take it out of there")


def run(arguments: argparse.Namespace) -> int:
    """Print, write or remove; 1 where the client's file takes no such entry."""
    client: Client = CLIENTS[arguments.client]
    if arguments.remove:
        return _remove(client, _file(client, arguments), arguments.server or SERVERS)
    entries = _entries(client, arguments)
    if arguments.url and not client.remote:
        shown = "\n".join(f"  name  {name}\n  URL   {e['url']}" for name, e in entries.items())
        print(UNREMOTE.format(servers=shown), end="")
        return 1 if arguments.write else 0
    path = _file(client, arguments)
    if not arguments.write:
        print(as_json({client.key: entries}))
        warn(f"that belongs into {path}; --write puts it there")
        return 0
    before = text = connect_file.read(path)
    for name, entry in entries.items():
        text = put(text or "", client.key, name, entry)
    return _said(client, path, before, text or "", f"{', '.join(entries)} written")


def _remove(client: Client, path: Path, servers: Iterable[str]) -> int:
    before = text = connect_file.read(path)
    for server in servers:
        text = take(text or "", client.key, _name(server))
    return _said(client, path, before, text or "", "ours taken out")


def _said(client: Client, path: Path, before: str | None, text: str, what: str) -> int:
    if text == (before or ""):
        print(f"{path}: nothing to do, it is so already")
        return 0
    connect_file.replace(path, before, text)
    print(f"{path}: {what}")
    if before is not None:
        print(f"as it was: {connect_file.backup(path)}")
    print(client.then)
    return 0


def _entries(client: Client, arguments: argparse.Namespace) -> dict[str, Entry]:
    servers: list[str] = arguments.server or list(installed())
    if not servers:
        raise BadConfig("no server is installed here: name one with --server, and give --url")
    if arguments.url:
        urls = _urls(arguments.url, servers)
        variable = _variable(arguments.token_env)
        return {_name(s): client.http(url, variable) for s, url in urls.items()}
    if arguments.token_env:
        raise BadConfig("--token-env is for a remote server: give --url too")
    if missing := [server for server in servers if server not in installed()]:
        raise BadConfig(f"{', '.join(missing)} is not installed here; a remote one needs --url")
    words = _configured(arguments.config, os.environ)
    return {
        _name(s): client.stdio(*_started(s, words), _environment(s, os.environ)) for s in servers
    }


def _name(server: str) -> str:
    return f"bailiwick-{server}"


def _started(server: str, words: list[str]) -> tuple[str, list[str]]:
    """Name the program of this very installation: a client's PATH is not that of a shell."""
    ending = ".exe" if sys.platform == "win32" else ""
    program = Path(sys.executable).with_name(_name(server) + ending)
    if program.exists():
        return str(program), words
    return sys.executable, ["-m", "bailiwick", "serve", server, *words]


def _configured(path: Path | None, environ: Mapping[str, str]) -> list[str]:
    """Give the words that name the configuration, once it loads."""
    load(path, environ)
    return ["--config", str(path.absolute())] if path else []


def _environment(server: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Pass on where things are. Other settings of ours belong into a file."""
    lost = [n for n in environ if n.startswith(PREFIX) and n not in (*_PASSED, f"{PREFIX}TOKEN")]
    if lost:
        warn(f"the client will not have {', '.join(sorted(lost))}: write that into a --config file")
    kept = [name for name in _PASSED if name != "KUBECONFIG" or server == "cluster"]
    return {name: _absolute(environ[name]) for name in kept if environ.get(name)}


def _absolute(paths: str) -> str:
    return os.pathsep.join(str(Path(each).absolute()) for each in paths.split(os.pathsep) if each)


def _variable(name: str) -> str:
    if name and not _VARIABLE.fullmatch(name):
        raise BadConfig("--token-env takes the name of a variable, never a token")
    return name


def _urls(url: str, servers: list[str]) -> dict[str, str]:
    """Give the endpoint of each server, or raise BadConfig for what would show a token."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.username or parts.query or parts.fragment or not host:
        raise BadConfig("--url is https://HOST[:PORT][/PATH], and nothing else")
    if parts.scheme != "https" and not (parts.scheme == "http" and _loopback(host)):
        raise BadConfig("--url must be https: a token goes there; http is for loopback only")
    if parts.path.endswith("/mcp"):
        if len(servers) != 1:
            raise BadConfig("that is the URL of one server: name it with --server")
        return {servers[0]: url}
    return {server: f"{url.rstrip('/')}/{server}/mcp" for server in servers}


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _file(client: Client, arguments: argparse.Namespace) -> Path:
    """Say which file is meant."""
    if arguments.file:
        return Path(arguments.file).absolute()
    if arguments.project:
        if not client.project:
            raise BadConfig(f"{client.title} has no file of a project: leave --project out")
        return Path(arguments.project).absolute() / client.project
    return client.file(Surroundings(sys.platform, os.environ, Path.home()))
