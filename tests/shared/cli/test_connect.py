"""`bailiwick connect`: what is printed, what is written, and what is refused."""

import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.shared.cli.conftest import Run

URL = "https://bailiwick.example.com"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("KUBECONFIG", "CLAUDE_CONFIG_DIR", "MCP_CATALOG_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path


def written(path: Path) -> dict[str, Any]:
    return orjson.loads(path.read_bytes())


def program(server: str) -> str:
    return str(Path(sys.executable).with_name(f"bailiwick-{server}"))


def test_it_prints_what_belongs_where(run: Run, home: Path) -> None:
    code, out, err = run("connect", "cursor", "--server", "cluster")
    assert code == 0
    entry = orjson.loads(out)["mcpServers"]["bailiwick-cluster"]
    assert (entry["type"], entry["command"]) == ("stdio", program("cluster"))
    assert str(home / ".cursor/mcp.json") in err
    assert not (home / ".cursor").exists()


def test_it_writes_all_that_is_installed(run: Run, home: Path) -> None:
    code, out, _ = run("connect", "vscode", "--write")
    file = home / "nothing/Code/User/mcp.json"
    assert code == 0
    assert f"{file}: bailiwick-cluster, bailiwick-observability, bailiwick-retrieval written" in out
    assert "MCP: List Servers" in out
    assert [*written(file)["servers"]] == [
        "bailiwick-cluster",
        "bailiwick-observability",
        "bailiwick-retrieval",
    ]


def test_a_second_time_there_is_nothing_to_do(run: Run, home: Path) -> None:
    (home / ".claude.json").write_text('{"numStartups": 3}')
    said = run("connect", "claude-code", "--server", "cluster", "--write")[1]
    assert f"as it was: {home / '.claude.json.bak'}" in said
    after = (home / ".claude.json").read_bytes()
    assert "nothing to do" in run("connect", "claude-code", "--server", "cluster", "--write")[1]
    assert (home / ".claude.json").read_bytes() == after
    assert (home / ".claude.json.bak").read_text() == '{"numStartups": 3}'


def test_what_was_written_is_taken_out_again(run: Run, home: Path) -> None:
    file = home / ".cursor/mcp.json"
    file.parent.mkdir()
    file.write_text('{\n  // mine\n  "mcpServers": {"other": {"url": "https://o"}}\n}\n')
    before = file.read_bytes()
    assert run("connect", "cursor", "--write")[0] == 0
    assert file.read_bytes() != before
    code, out, _ = run("connect", "cursor", "--remove")
    assert (code, "ours taken out" in out) == (0, True)
    assert file.read_bytes() == before
    assert "nothing to do" in run("connect", "cursor", "--remove")[1]


def test_a_broken_file_is_refused_and_stays(run: Run, home: Path) -> None:
    file = home / ".cursor/mcp.json"
    file.parent.mkdir()
    file.write_text('{"mcpServers": ')
    code, out, err = run("connect", "cursor", "--server", "cluster", "--write")
    assert (code, out) == (2, "")
    assert "no JSON at line 1, column 16; nothing was changed" in err
    assert file.read_text() == '{"mcpServers": '
    assert not (home / ".cursor/mcp.json.bak").exists()


def test_a_project_and_another_file(run: Run, home: Path) -> None:
    words = ("connect", "claude-code", "--server", "cluster", "--write")
    assert run(*words, "--project", str(home / "shop"))[0] == 0
    assert "bailiwick-cluster" in written(home / "shop/.mcp.json")["mcpServers"]
    assert run(*words, "--file", str(home / "else.json"))[0] == 0
    assert "bailiwick-cluster" in written(home / "else.json")["mcpServers"]
    assert not (home / ".claude.json").exists()
    code, _, err = run("connect", "claude-desktop", "--write", "--project", str(home))
    assert (code, "no file of a project" in err) == (2, True)


def test_a_remote_server_and_no_token(run: Run, home: Path) -> None:
    assert run("connect", "cursor", "--server", "cluster", "--url", URL, "--write")[0] == 0
    entry = written(home / ".cursor/mcp.json")["mcpServers"]["bailiwick-cluster"]
    assert entry == {"url": f"{URL}/cluster/mcp"}
    out = run("connect", "claude-code", "--server", "cluster", "--url", f"{URL}/in/cluster/mcp")[1]
    entry = orjson.loads(out)["mcpServers"]["bailiwick-cluster"]
    assert entry == {"type": "http", "url": f"{URL}/in/cluster/mcp"}


def test_a_token_stays_in_the_environment(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_TOKEN", "eyJ-secret")
    words = ("connect", "claude-code", "--server", "cluster", "--url", URL, "--write")
    assert run(*words, "--token-env", "AGENT_TOKEN")[0] == 0
    assert '"Bearer ${AGENT_TOKEN}"' in (home / ".claude.json").read_text()
    assert "eyJ-secret" not in (home / ".claude.json").read_text()
    code, _, err = run(*words, "--token-env", "eyJhbGciOi.J9.x")
    assert (code, "never a token" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--url", "http://bailiwick.example.com"), "must be https"),
        (("--url", "https://ana:x@h"), "nothing else"),
        (("--url", "https://h?token=x"), "nothing else"),
        (("--url", "bailiwick.example.com"), "nothing else"),
        (("--url", "https://h/cluster/mcp"), "the URL of one server"),
        (("--token-env", "T"), "give --url too"),
    ],
)
def test_what_is_not_written(run: Run, words: tuple[str, ...], why: str) -> None:
    code, out, err = run("connect", "cursor", *words)
    assert (code, out) == (2, "")
    assert why in err


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1:8765", "[::1]:8765"])
def test_loopback_needs_no_certificate(run: Run, host: str) -> None:
    assert run("connect", "cursor", "--url", f"http://{host}")[0] == 0


def test_claude_desktop_is_told_what_to_do_instead(run: Run, home: Path) -> None:
    words = ("connect", "claude-desktop", "--server", "cluster", "--url", URL)
    code, out, _ = run(*words)
    assert code == 0
    assert f"URL   {URL}/cluster/mcp" in out
    assert "Customize > Connectors" in out
    code, again, _ = run(*words, "--write")
    assert (code, again) == (1, out)
    assert not (home / "nothing").exists()


def test_the_configuration_is_named_once_it_loads(run: Run, home: Path) -> None:
    (home / "c.toml").write_text("[limits]\nin_flight = 3\n")
    words = ("connect", "cursor", "--server", "cluster")
    out = run(*words, "--config", str(home / "c.toml"))[1]
    entry = orjson.loads(out)["mcpServers"]["bailiwick-cluster"]
    assert entry["args"] == ["--config", str(home / "c.toml")]
    (home / "c.toml").write_text("[limits]\nnonsense = 3\n")
    code, out, err = run(*words, "--config", str(home / "c.toml"))
    assert (code, out, "nonsense" in err) == (2, "", True)


def test_paths_are_passed_on_and_other_settings_named(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/k/one")
    monkeypatch.setenv("BAILIWICK_LIMITS__CHANGE", "9/minute")
    monkeypatch.setenv("BAILIWICK_TOKEN", "secret")
    _, out, err = run("connect", "cursor", "--server", "cluster", "--server", "retrieval")
    servers = orjson.loads(out)["mcpServers"]
    state = str(home / "state")
    assert servers["bailiwick-cluster"]["env"] == {"KUBECONFIG": "/k/one", "BAILIWICK_STATE": state}
    assert servers["bailiwick-retrieval"]["env"] == {"BAILIWICK_STATE": state}
    assert "BAILIWICK_LIMITS__CHANGE" in err
    assert "secret" not in out + err


def test_an_installation_without_programs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    out = run("connect", "cursor", "--server", "cluster")[1]
    entry = orjson.loads(out)["mcpServers"]["bailiwick-cluster"]
    assert entry["command"] == "/nowhere/python"
    assert entry["args"] == ["-m", "bailiwick", "serve", "cluster"]
