"""Settings: the file, the environment over it, and what is refused before anything starts."""

from pathlib import Path
from typing import Any

import pytest

from bailiwick.config import Settings, dangers, load, overlay
from bailiwick.errors import BadConfig

ISSUER = 'name = "main"\nurl = "https://idp.example"\n'
OTHER = 'name = "other"\nurl = "https://other.example"\ngroups_prefix = "o:"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    return path


def issuers(*tables: str) -> str:
    return "\n".join(f"[[identity.issuers]]\n{table}" for table in tables)


def test_without_a_file_one_person_is_served_on_one_machine(tmp_path: Path) -> None:
    made = load(None, {"HOME": str(tmp_path)})
    assert (made.listen.host, made.identity.issuers) == ("127.0.0.1", ())
    assert made.journal_path == made.state / "journal"
    assert made.approval_path == made.state / "approvals.db"
    assert made.key_path == made.state / "digest.key"
    assert "~" not in str(made.state)


@pytest.mark.parametrize(
    ("environ", "state"),
    [
        ({"XDG_STATE_HOME": "/var/x"}, "/var/x/bailiwick"),
        ({"XDG_STATE_HOME": "/var/x", "BAILIWICK_STATE": "/srv/b"}, "/srv/b"),
    ],
)
def test_where_the_state_is(environ: dict[str, str], state: str) -> None:
    assert load(None, environ).state == Path(state)


def test_an_empty_state_home_is_none() -> None:
    assert load(None, {"XDG_STATE_HOME": ""}).state == Settings().state


def test_the_file_is_named_or_found(tmp_path: Path) -> None:
    usual = tmp_path / "bailiwick"
    usual.mkdir()
    (usual / "config.toml").write_text("[listen]\nport = 1\n")
    named = written(tmp_path, "[listen]\nport = 2\n")
    assert load(None, {"XDG_CONFIG_HOME": str(tmp_path)}).listen.port == 1
    assert load(None, {"BAILIWICK_CONFIG": str(named)}).listen.port == 2
    assert load(named, {"XDG_CONFIG_HOME": str(tmp_path)}).listen.port == 2


def test_the_environment_lies_over_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, '[listen]\nport = 1\nhost = "::1"\n[limits]\nread = "1/minute"\n')
    environ = {
        "BAILIWICK_LISTEN__PORT": "2",
        "BAILIWICK_LISTEN__ORIGINS": '["https://console.example"]',
        "BAILIWICK_LIMITS__READ": "7/minute",
        "BAILIWICK_SERVERS__CLUSTER__X": "[1]",
        "OTHER_LISTEN__PORT": "3",
    }
    made = load(path, environ)
    assert (made.listen.port, made.listen.host, made.limits.read) == (2, "::1", "7/minute")
    assert made.listen.origins == ("https://console.example",)
    assert made.servers == {"cluster": {"x": [1]}}


def test_an_overlay_leaves_what_it_lies_over_alone() -> None:
    raw: dict[str, Any] = {"listen": {"port": 1}}
    assert overlay(raw, {"BAILIWICK_LISTEN__PORT": "2"}) == {"listen": {"port": 2}}
    assert raw == {"listen": {"port": 1}}


@pytest.mark.parametrize(
    ("value", "read"),
    [("true", True), ("1.5", 1.5), ('"1"', "1"), ("a b", "a b"), ("", ""), ("1\nx = 2", 1)],
)
def test_a_value_is_toml_or_else_text(value: str, read: object) -> None:
    assert overlay({}, {"BAILIWICK_X": value}) == {"x": read}


WRONG: dict[str, tuple[str, str]] = {
    "no TOML": ("[listen", "cannot read the configuration"),
    "unknown key": ("[listen]\nprot = 1", "listen.prot: Extra inputs"),
    "unknown table": ("[lissen]\nport = 1", "lissen"),
    "wrong type": ('[listen]\nport = "x"', "listen.port: Input should be a valid integer"),
    "port": ("[listen]\nport = 70000", "listen.port"),
    "depth": ("[listen]\nmost_depth = 5000", "listen.most_depth"),
    "url without a scheme": ('[listen]\nurl = "mcp.example"', "http"),
    "url with a path": ('[listen]\nurl = "https://mcp.example/x"', "http"),
    "url with a name": ('[listen]\nurl = "https://a@mcp.example"', "http"),
    "two of a name": (
        issuers(ISSUER, OTHER.replace('"other"', '"main"')),
        "two issuers share name",
    ),
    "two of a url": (
        issuers(ISSUER, OTHER.replace("other.example", "idp.example")),
        "two issuers share url",
    ),
    "two of a prefix": (
        issuers(ISSUER + 'groups_prefix = "o:"\n', OTHER),
        "groups could be confused",
    ),
    "prefix before a prefix": (
        issuers(ISSUER + 'groups_prefix = "o"\n', OTHER),
        "groups could be confused",
    ),
    "no prefix beside one": (issuers(ISSUER, OTHER), "groups could be confused"),
    "an issuer called local": (issuers(ISSUER.replace("main", "local")), "this machine"),
    "an issuer with a slash": (issuers(ISSUER.replace("main", "a/b")), "name"),
    "http": (issuers(ISSUER.replace("https", "http")), "is not https"),
    "http on loopback, not flagged": (
        issuers('name = "main"\nurl = "http://localhost:8080"\n'),
        "is not https",
    ),
    "http far away, flagged": (
        issuers(ISSUER.replace("https", "http") + "unsafe_http = true\n"),
        "is not https",
    ),
    "http keys": (issuers(ISSUER + 'jwks = "http://idp.example/keys"\n'), "is not https"),
    "file keys": (issuers(ISSUER + 'jwks = "file://localhost/k"\nunsafe_http = true\n'), "https"),
    "no host": (issuers('name = "main"\nurl = "https://"\n'), "is not https"),
    "HS256": (issuers(ISSUER + 'algorithms = ["RS256", "HS256"]\n'), "not a signature"),
    "none": (issuers(ISSUER + 'algorithms = ["none"]\n'), "not a signature"),
    "unknown algorithm": (issuers(ISSUER + 'algorithms = ["ESx"]\n'), "not a signature"),
    "no algorithm": (issuers(ISSUER + "algorithms = []\n"), "algorithms"),
    "a day and more": (issuers(ISSUER + "longest_hours = 25\n"), "longest_hours"),
}


@pytest.mark.parametrize(("text", "says"), WRONG.values(), ids=WRONG.keys())
def test_refuses(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadConfig) as caught:
        load(written(tmp_path, text), {})
    assert says in str(caught.value)


def test_a_file_that_is_missing_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="cannot read the configuration"):
        load(tmp_path / "missing.toml", {})
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadConfig, match="cannot read the configuration"):
        load(tmp_path / "binary.toml", {})


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"BAILIWICK_LISTEN__PRT": "1"}, "listen.prt"),
        ({"BAILIWICK_STATE__X": "1"}, "looks into `state`, which is a value"),
        ({"BAILIWICK_": "1"}, "Extra inputs"),
    ],
)
def test_a_wrong_variable_is_said(environ: dict[str, str], says: str, tmp_path: Path) -> None:
    with pytest.raises(BadConfig) as caught:
        load(written(tmp_path, 'state = "/srv/b"'), environ)
    assert says in str(caught.value)


def test_a_wrong_value_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(BadConfig) as caught:
        load(written(tmp_path, ""), {"BAILIWICK_LISTEN__PORT": '"hunter2"'})
    assert "hunter2" not in str(caught.value)


def test_loopback_may_go_without_tls_when_flagged_and_that_is_a_danger(tmp_path: Path) -> None:
    text = issuers('name = "main"\nurl = "http://127.0.0.1:8080/x"\nunsafe_http = true\n')
    made = load(written(tmp_path, text + "[servers.a]\nunsafe_skip_tls = true\n"), {})
    assert list(dangers(made)) == [
        "identity.issuers.0.unsafe_http",
        "servers.a.unsafe_skip_tls",
    ]
    assert list(dangers(Settings())) == []
    assert list(dangers({"a": [{"unsafe_x": False}, {"unsafe_y": "yes"}], "b": "unsafe_z"})) == [
        "a.1.unsafe_y"
    ]


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().listen.port = 1  # type: ignore[misc]


def test_a_shared_database_demands_a_shared_key(tmp_path: Path) -> None:
    told = "BAILIWICK_SHARED__DATABASE_FILE"
    with pytest.raises(BadConfig, match="needs key_file: 32 bytes, the same for every replica"):
        load(None, {told: '"/secrets/url"'})
    with_key = {told: '"/secrets/url"', "BAILIWICK_SHARED__KEY_FILE": '"/secrets/key"'}
    made = load(None, {**with_key, "BAILIWICK_SHARED__UNSAFE_PLAIN": "true"})
    assert list(dangers(made)) == ["shared.unsafe_plain"]
    assert load(None, {"BAILIWICK_SHARED__RATES_FILE": '"/secrets/rates"'}).shared.rates_file
