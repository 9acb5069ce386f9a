"""The examples of the tools' pages are real: there is one of each, and the ground still says so."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from practice.facts import Ground
from scripts.reference import CATALOGUE
from tests.parts.asked import EXAMPLES
from tests.parts.examples import FOLDER, Desk, desk, kept, shape, stage

TOOLS = [(server, tool) for server, examples in EXAMPLES.items() for tool in examples]


def test_there_is_an_example_of_each_tool_and_no_other() -> None:
    there = {name: tuple(spec.name for spec in specs) for name, specs in CATALOGUE.items()}
    assert {name: tuple(examples) for name, examples in EXAMPLES.items()} == there
    files = {(file.parts[-3], file.stem) for file in FOLDER.glob("*/examples/*.txt")}
    assert files == set(TOOLS)


def test_the_shape_forgets_what_varies_and_nothing_else() -> None:
    def lines(first: str, second: str) -> list[str]:
        return ["→ list_things(n=1)", f"│ {first}", f"│ {second}", "│ a row"]

    one = lines("3 of 14 pods fail since 06:47 UTC (2h9m)", "total=14 shown=14")
    assert shape(one) == shape(lines("1 of 2 pods fail since 11:02 UTC (40m)", "total=2 shown=2"))
    assert shape(one) != shape(lines("3 of 14 pods are well since 06:47 UTC (2h9m)", "total=14"))
    assert shape(one) != shape(lines("3 of 14 pods fail since 06:47 UTC (2h9m)", "total=14 next=c"))


@pytest.fixture(scope="module")
def given(ground: Ground) -> Generator[dict[str, str]]:
    with stage(ground) as made:
        yield made


@pytest.fixture
async def asking(ground: Ground, given: dict[str, str], tmp_path: Path) -> AsyncGenerator[Desk]:
    async with desk(ground, tmp_path, given) as made:
        yield made


@pytest.mark.ground
@pytest.mark.anyio
@pytest.mark.timeout(180)
async def test_the_same_question_has_an_answer_of_the_same_shape(asking: Desk) -> None:
    wrong: list[str] = []
    for server, tool in TOOLS:
        told = shape(kept(server, tool).read_text(encoding="utf-8").splitlines())
        said = shape(await asking.dialogue(server, EXAMPLES[server][tool]))
        if said != told and server != "cluster":
            # A double may have been told to fail once, by the tests of faults beside this one.
            said = shape(await asking.dialogue(server, EXAMPLES[server][tool]))
        if said != told:
            wrong.append(f"{tool}:\n  told {told}\n  said {said}")
    assert not wrong, "\n".join([*wrong, "run python -m tests.parts.examples"])
