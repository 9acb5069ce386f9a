"""Lines of the log, as machines and people read them."""

import logging
import sys
import warnings
from collections.abc import Callable, Generator
from typing import Any

import orjson
import pytest
import uvicorn

from bailiwick.config import TelemetrySettings
from bailiwick.shaping.redaction import redact_text
from bailiwick.telemetry import lines
from bailiwick.telemetry.watch import Passage

SECRET = "ghp_" + "a1B2" * 9


@pytest.fixture
def out(capsys: pytest.CaptureFixture[str]) -> Generator[Callable[[], str]]:
    """Give what went to standard error, and leave the logging of the others as it was."""
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    yield lambda: capsys.readouterr().err
    root.handlers[:] = before[1]
    root.setLevel(before[0])
    logging.captureWarnings(capture=False)


def told(text: str) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in text.splitlines()]


def test_a_line_is_an_object_that_names_its_call(out: Callable[[], str]) -> None:
    lines.begin("json", redact_text)
    log = logging.getLogger("bailiwick")
    with Passage("call-1", "0af7"):
        log.warning("within %s", "a call")
    log.warning("beside\nthe calls")
    log.info("of no interest")
    within, beside = told(out())
    assert within.pop("ts").endswith("+00:00")
    assert within == {
        "level": "warning",
        "logger": "bailiwick",
        "message": "within a call",
        "call": "call-1",
        "trace": "0af7",
    }
    assert beside["message"] == "beside\nthe calls"
    assert not {"call", "trace", "error"} & set(beside)


def test_an_error_of_a_package_is_one_too_with_its_stack(
    out: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As a process begins; another test's server may have configured its logging otherwise.
    for name in ("uvicorn", "uvicorn.error"):
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
        logging.getLogger(name).setLevel(logging.NOTSET)
    lines.begin("json", redact_text)
    uvicorn.Config("nowhere:app", log_config=None)
    try:
        raise RuntimeError(f"sent {SECRET}")
    except RuntimeError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    text = out()
    (line,) = told(text)
    assert (line["logger"], line["level"], line["error"]) == (
        *("uvicorn.error", "error"),
        "RuntimeError",
    )
    assert "test_lines.py" in line["stack"]
    assert SECRET not in text


@pytest.mark.parametrize("kind", ["json", "text"])
def test_secrets_are_taken_out(out: Callable[[], str], kind: Any) -> None:
    lines.begin(kind, redact_text)
    logging.getLogger("httpx").error("refused %s", f"Authorization: Bearer {SECRET}")
    text = out()
    assert "refused" in text
    assert SECRET not in text


def test_text_that_is_no_text_is_written_all_the_same(out: Callable[[], str]) -> None:
    lines.begin("json", redact_text)
    logging.getLogger("x").warning("half a letter: \ud800, and a lot: %s", "a " * 20_000)
    (line,) = told(out())
    assert line["message"].startswith("half a letter: ?")
    assert len(line["message"]) <= 8_000


def test_warnings_of_python_are_lines_as_well(out: Callable[[], str]) -> None:
    lines.begin("json", redact_text)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    (line,) = told(out())
    assert (line["logger"], line["level"]) == ("py.warnings", "warning")


@pytest.mark.parametrize(
    ("kind", "line"),
    [("text", "bailiwick: http://x\n"), ("json", '"message":"http://x"}\n')],
)
def test_where_it_is_served_is_said_in_the_same_form(
    out: Callable[[], str], kind: Any, line: str
) -> None:
    lines.begin(kind, redact_text)
    lines.announce("http://x")
    assert out().endswith(line)


@pytest.mark.parametrize(
    ("logs", "http", "terminal", "kind"),
    [
        ("auto", True, False, "json"),
        ("auto", True, True, "text"),
        ("auto", False, False, "text"),
        ("json", False, True, "json"),
        ("text", True, False, "text"),
    ],
)
def test_machines_get_objects_and_people_words(
    logs: Any, http: bool, terminal: bool, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    assert lines.chosen(TelemetrySettings(logs=logs), http=http) == kind
