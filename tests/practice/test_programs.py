import dataclasses
import os
import sys
import time
from pathlib import Path

import pytest

from practice import programs
from practice.programs import Ended, Program

SLEEP = "import time; print('here', flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"


def started(at: Path, code: str, name: str = "one") -> Program:
    return programs.start(at, name, [sys.executable, "-c", code])


def await_log(at: Path, words: str, name: str = "one") -> None:
    until = time.monotonic() + 10
    while words not in programs.tail(at, name):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_program_is_recorded_and_ended(tmp_path: Path) -> None:
    program = started(tmp_path, SLEEP)
    assert programs.recorded(tmp_path) == [program]
    assert programs.running(program)
    programs.end_all(tmp_path)
    assert not programs.running(program)
    assert programs.recorded(tmp_path) == []


def test_a_program_that_will_not_end_is_made_to(tmp_path: Path) -> None:
    program = started(tmp_path, STUBBORN)
    await_log(tmp_path, "here")
    programs.end(tmp_path, [program], patience=0.2)
    assert not programs.running(program)


@pytest.mark.parametrize("changed", [{"began": 1}, {"command": ("sh", "-c", "other")}])
def test_a_number_that_went_to_another_process_is_left_alone(
    tmp_path: Path, changed: dict[str, object]
) -> None:
    program = started(tmp_path, SLEEP)
    await_log(tmp_path, "here")
    other = dataclasses.replace(program, **changed)  # pyright: ignore[reportArgumentType]
    assert not programs.running(other)
    programs.end(tmp_path, [other])
    assert programs.running(program)
    programs.end(tmp_path, [program])


def test_no_process_is_not_running() -> None:
    assert not programs.running(Program("none", 2**22 + 1, 1, ("none",)))


def test_the_environment_is_bare(tmp_path: Path) -> None:
    program = started(tmp_path, f"import os; print(sorted(os.environ)); {SLEEP}")
    await_log(tmp_path, "here")
    programs.end(tmp_path, [program])
    names = programs.tail(tmp_path, "one").splitlines()[0]
    assert names in {"['HOME']", "['HOME', 'LC_CTYPE']"}  # Python itself adds the second
    assert "PATH" in os.environ


def ends_saying(at: Path, words: str) -> Program:
    program = started(at, f"print({words!r})")
    until = time.monotonic() + 10
    while programs.running(program):
        assert time.monotonic() < until
        time.sleep(0.01)
    return program


def test_watch_tells_what_the_program_said(tmp_path: Path) -> None:
    program = ends_saying(tmp_path, "no such flag")
    with pytest.raises(Ended, match="no such flag") as raised:
        programs.watch(tmp_path, [program])
    assert not raised.value.clash


def test_a_clash_of_ports_is_tried_again_on_others(tmp_path: Path) -> None:
    tried: list[list[int]] = []

    def attempt(chosen: list[int]) -> int:
        tried.append(chosen)
        if len(tried) < 3:
            said = ends_saying(tmp_path, "listen tcp 127.0.0.1:1: bind: address already in use")
            programs.watch(tmp_path, [said])
        return 7

    assert programs.persist(tmp_path, ("one",), 2, attempt, [1, 2]) == 7
    assert tried[0] == [1, 2]
    assert tried[1] != tried[2]
    assert programs.recorded(tmp_path) == []


def test_another_failure_is_not_tried_again(tmp_path: Path) -> None:
    tried: list[list[int]] = []

    def attempt(chosen: list[int]) -> int:
        tried.append(chosen)
        programs.watch(tmp_path, [ends_saying(tmp_path, "out of luck")])
        return 7

    with pytest.raises(Ended, match="out of luck"):
        programs.persist(tmp_path, ("one",), 1, attempt)
    assert len(tried) == 1
