"""The road of a call, stage by stage: what passes, what stops it, and what is written down."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from bailiwick.approval import Ask, Asking
from bailiwick.errors import Denied, Moved
from bailiwick.policy.question import Principal, Risk
from tests.parts import gates
from tests.parts.gates import ANA, BO, EVE, LOCAL, Setting, setting

pytestmark = pytest.mark.anyio


@pytest.fixture
def scene(tmp_path: Path) -> Setting:
    return setting(tmp_path)


async def test_a_read_passes_and_leaves_intent_and_outcome(scene: Setting) -> None:
    reply = await scene.call(gates.list_things, namespace="shop")
    assert reply.text == "things in shop"
    assert not reply.is_error
    assert scene.journal.story() == ["tool.call intent", "tool.call outcome success"]
    assert scene.journal.durable == [False, False]
    intent = scene.journal.seen[0].data
    assert intent["resource"] == {"Cluster": "eu", "Namespace": "shop"}
    assert intent["policy"]["because"] == ["groups-read"]  # type: ignore[index]
    assert scene.world.walls == [False], "a read may change nothing upstream"


async def test_what_a_tool_found_out_is_in_the_outcome_and_redacted(scene: Setting) -> None:
    await scene.call(gates.list_things, namespace="shop", note="password=hunter2hunter2")
    outcome = scene.journal.seen[1].data["result"]
    assert isinstance(outcome, dict)
    facts = outcome["facts"]
    assert isinstance(facts, dict)
    assert facts["rows"] == 2
    assert "hunter2" not in str(facts)


async def test_a_denial_is_one_record_and_no_act(scene: Setting) -> None:
    reply = await scene.call(gates.list_things, EVE, namespace="shop")
    assert reply.is_error
    assert "eve may not list_things here: no rule permits it" in reply.text
    assert scene.journal.story() == ["tool.refused single denied"]
    assert scene.world.walls == []


async def test_a_wide_read_is_many_questions(scene: Setting) -> None:
    reply = await scene.call(gates.list_things)
    assert reply.text == "things in shop, bank", "kube-system is withheld part by part"


async def test_a_wide_read_refused_as_a_whole_is_narrowed(tmp_path: Path) -> None:
    only = 'permit (principal, action, resource in Namespace::"eu/bank");'
    scene = setting(tmp_path, only)
    assert (await scene.call(gates.list_things)).text == "things in bank"
    assert (await scene.call(gates.read_slowly)).is_error


async def test_a_change_waits_for_another_person_and_happens_once(scene: Setting) -> None:
    asked = await scene.scale(3)
    assert not asked.is_error, "an approval that is needed is an ordinary result"
    assert "scale from 2 to 3" in asked.text
    assert scene.world.scaled == []
    await scene.agree(asked)
    done = await scene.scale(3)
    assert done.structured == {"before": 2, "after": 3}
    assert scene.world.scaled == [3]
    scene.world.size = 2
    again = await scene.scale(3)
    assert "approval" in (again.structured or {}), "used once, whatever the world looks like"
    assert scene.world.scaled == [3]
    assert scene.journal.story()[2:5] == [
        "tool.call intent",
        "approval.used single",
        "tool.call outcome success",
    ]
    assert scene.journal.durable[3:5] == [True, True]
    used = scene.journal.seen[3].data["approval"]
    assert used["by"] == "practice/bo"  # type: ignore[index]


async def test_nobody_is_asked_to_agree_to_what_hides_something(scene: Setting) -> None:
    odd: Any = "2\u202e"
    scene.world.size = odd
    asked = await scene.scale(3)
    assert "scale from 2<U+202E> to 3" in asked.text
    assert asked.structured is not None
    assert asked.structured["approval"]["effect"] == "scale from 2<U+202E> to 3"


async def test_nothing_to_do_needs_nobody(scene: Setting) -> None:
    reply = await scene.scale(2)
    assert reply.structured == {"before": 2, "after": 2}
    assert scene.world.scaled == []


async def test_a_rehearsal_needs_nobody(scene: Setting) -> None:
    reply = await scene.call(gates.scale_things, namespace="shop", replicas=5)
    assert reply.structured == {"before": 2, "after": 5}
    assert scene.world.scaled == []
    assert scene.journal.durable[0], "a change tool's intent is on disk first, rehearsal or not"


OTHER_CLIENT = Principal("practice", "ana", "other-agent", frozenset({"sre"}))
NAMESAKE = Principal("elsewhere", "ana", "agent", frozenset({"sre"}))


@pytest.mark.parametrize(
    ("who", "given"),
    [
        pytest.param(ANA, {"replicas": 4}, id="other-arguments"),
        pytest.param(ANA, {"replicas": 3, "namespace": "bank"}, id="other-place"),
        pytest.param(BO, {"replicas": 3}, id="other-person"),
        pytest.param(OTHER_CLIENT, {"replicas": 3}, id="other-client"),
        pytest.param(NAMESAKE, {"replicas": 3}, id="same-name-of-another-issuer"),
    ],
)
async def test_an_approval_is_for_exactly_one_act(
    scene: Setting, who: Principal, given: dict[str, Any]
) -> None:
    await scene.agree(await scene.scale(3))
    await scene.scale(who=who, **given)
    assert scene.world.scaled == []


async def test_an_approval_is_for_what_was_looked_at(scene: Setting) -> None:
    await scene.agree(await scene.scale(3))
    scene.world.version = 7
    await scene.scale(3)
    assert scene.world.scaled == []


async def test_an_approval_expires(scene: Setting) -> None:
    await scene.agree(await scene.scale(3))
    scene.later(minutes=15, seconds=1)
    await scene.scale(3)
    assert scene.world.scaled == []


@pytest.mark.parametrize("by", [ANA, EVE, OTHER_CLIENT], ids=["requester", "groupless", "client"])
async def test_who_may_not_approve(scene: Setting, by: Principal) -> None:
    asked = await scene.scale(3)
    with pytest.raises(Denied):
        await scene.agree(asked, by)
    await scene.scale(3)
    assert scene.world.scaled == []


async def test_a_refused_request_stays_refused(scene: Setting) -> None:
    await scene.agree(await scene.scale(3), agrees=False)
    await scene.scale(3)
    assert scene.world.scaled == []


async def test_two_calls_at_once_have_one_effect(scene: Setting) -> None:
    await scene.agree(await scene.scale(3))
    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(scene.scale, 3)
    assert scene.world.scaled == [3]


async def test_a_change_that_met_another_gives_the_approval_back(scene: Setting) -> None:
    await scene.agree(await scene.scale(3))

    async def moved() -> None:
        raise Moved("it changed in the meantime; look again and repeat")

    scene.world.before = moved
    assert "upstream_moved" in (await scene.scale(3)).text
    scene.world.before = None
    assert not (await scene.scale(3)).is_error
    assert scene.world.scaled == [3]


async def test_no_record_no_act(scene: Setting) -> None:
    scene.journal.fails = {"intent"}
    reply = await scene.call(gates.list_things, namespace="shop")
    assert reply.is_error
    assert "journal_unavailable" in reply.text
    assert scene.world.walls == []


async def test_an_approval_whose_use_cannot_be_written_is_not_lost(scene: Setting) -> None:
    await scene.agree(await scene.scale(3))
    scene.journal.fails = {"approval.used"}
    assert (await scene.scale(3)).is_error
    assert scene.world.scaled == []
    scene.journal.fails = set()
    assert not (await scene.scale(3)).is_error
    assert scene.world.scaled == [3]


async def test_an_outcome_that_cannot_be_written_is_told(scene: Setting) -> None:
    await scene.agree(await scene.scale(3))
    scene.journal.fails = {"outcome"}
    reply = await scene.scale(3)
    assert reply.is_error
    assert "may have happened" in reply.text
    assert reply.structured is None
    read = await scene.call(gates.list_things, namespace="shop")
    assert read.is_error, "no record, no reply"
    assert "things in" not in read.text


async def test_a_bug_says_the_call_and_nothing_more(scene: Setting) -> None:
    reply = await scene.call(gates.read_badly)
    assert "call call-1" in reply.text
    assert "s3cret" not in reply.text
    assert "ValueError" in str(scene.journal.seen[-1].data["result"])


async def test_a_late_read_is_told_so(scene: Setting) -> None:
    reply = await scene.call(gates.read_slowly)
    assert "no answer in 0.2 s" in reply.text
    assert scene.journal.story()[-1] == "tool.call outcome error"


async def test_a_late_change_is_unknown(scene: Setting) -> None:
    await scene.agree(await scene.scale(3))
    scene.world.before = scene.world.released.wait
    reply = await scene.scale(3)
    assert "may have been made" in reply.text
    assert scene.journal.story()[-1] == "tool.call outcome unknown"


async def test_a_client_that_goes_away_stops_a_read(scene: Setting) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(scene.call, gates.read_slowly)
        await scene.world.started.wait()
        tasks.cancel_scope.cancel()
    assert scene.journal.story() == ["tool.call intent", "tool.call outcome cancelled"]


async def test_a_client_that_goes_away_does_not_stop_a_change(scene: Setting) -> None:
    await scene.agree(await scene.scale(3))
    begun = anyio.Event()

    async def hold() -> None:
        begun.set()
        await scene.world.released.wait()

    scene.world.before = hold
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(scene.scale, 3)
        await begun.wait()
        tasks.cancel_scope.cancel()
        scene.world.released.set()
    assert scene.world.scaled == [3]
    assert scene.journal.story()[-1] == "tool.call outcome success"


async def test_closing_ends_what_is_under_way(scene: Setting) -> None:
    await scene.agree(await scene.scale(3))
    begun = anyio.Event()

    async def hold() -> None:
        begun.set()
        await scene.world.released.wait()

    scene.world.before = hold
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(scene.scale, 3)
        await begun.wait()
        scene.gate.close(0)
    assert scene.journal.story()[-1] == "tool.call outcome unknown"


async def _yes(_: str) -> bool:
    return True


async def _no(_: str) -> bool:
    return False


async def test_a_local_person_confirms_within_the_call(scene: Setting) -> None:
    reply = await scene.scale(3, LOCAL, asking=Asking(confirm=_yes))
    assert reply.structured == {"before": 2, "after": 3}
    refused = await scene.scale(4, LOCAL, asking=Asking(confirm=_no))
    assert "said no" in refused.text
    assert scene.world.scaled == [3]


async def test_a_confirmation_in_rounds_is_good_once(scene: Setting) -> None:
    with pytest.raises(Ask) as asked:
        await scene.scale(3, LOCAL, asking=Asking(rounds=True))
    answer = Asking(rounds=True, answer=(asked.value.state, True))
    assert (await scene.scale(3, LOCAL, asking=answer)).structured == {"before": 2, "after": 3}
    scene.world.size, scene.world.version = 2, 1
    with pytest.raises(Ask):
        await scene.scale(3, LOCAL, asking=Asking(rounds=True))
    replayed = await scene.scale(3, LOCAL, asking=answer)
    assert "Nothing was done" in replayed.text
    assert scene.world.scaled == [3]


async def test_without_a_way_to_ask_the_word_is_given_out_of_band(scene: Setting) -> None:
    asked = await scene.scale(3, LOCAL)
    assert "your own confirmation" in asked.text
    with pytest.raises(Denied):
        await scene.agree(asked, BO)
    await scene.agree(asked, LOCAL)
    assert (await scene.scale(3, LOCAL)).structured == {"before": 2, "after": 3}


async def test_a_confirmation_is_not_enough_for_people_with_tokens(scene: Setting) -> None:
    reply = await scene.scale(3, ANA, asking=Asking(confirm=_yes))
    assert "another person" in reply.text
    assert scene.world.scaled == []


async def test_scopes_narrow_and_never_widen(scene: Setting) -> None:
    reader = Principal("practice", "ana", "agent", frozenset({"sre"}), Risk.READ)
    assert "allow no change call" in (await scene.scale(3, reader)).text
    nobody = Principal("practice", "eve", "agent", frozenset(), Risk.DESTROY)
    assert (await scene.call(gates.list_things, nobody)).is_error


async def test_secrets_in_arguments_stay_out_of_the_journal(scene: Setting) -> None:
    planted = "ghp_" + "a1B2" * 9
    card = "4111 1111 1111 1111"
    reply = await scene.call(gates.list_things, namespace="shop", note=f"{planted} {card}")
    told = str([entry.data for entry in scene.journal.seen]) + reply.text
    assert planted not in told
    assert "1111 1111" not in told
    assert "411111******1111" in told


async def test_a_change_may_change_only_once_it_acts(scene: Setting) -> None:
    await scene.call(gates.scale_things, namespace="shop", replicas=5)
    assert scene.world.walls == [False, True], "the plan reads, the tool may write"


async def test_too_many_says_when_to_come_back(tmp_path: Path) -> None:
    scene = setting(tmp_path, read="1/minute")
    await scene.call(gates.list_things, namespace="shop")
    reply = await scene.call(gates.list_things, namespace="shop")
    assert "try again in" in reply.text
    assert scene.journal.story()[-1] == "tool.refused single refused"
    assert not (await scene.call(gates.list_things, BO, namespace="shop")).is_error


READS_BY_TWO = """
@id("reads-by-two") permit (principal, action in Action::"read", resource)
when { context.approval == "second_person" && !context.approvers.isEmpty() };
"""


async def test_a_read_can_need_an_approval_too(tmp_path: Path) -> None:
    scene = setting(tmp_path, READS_BY_TWO)
    asked = await scene.call(gates.list_things, namespace="shop", note="x")
    assert "Nothing was done" in asked.text
    assert "list_things on Cluster eu, Namespace shop" in asked.text
    assert scene.world.walls == [], "nothing was read before somebody agreed"
    await scene.agree(asked)
    other = await scene.call(gates.list_things, namespace="shop", note="y")
    assert "Nothing was done" in other.text
    assert (await scene.call(gates.list_things, namespace="shop", note="x")).text.startswith(
        "things"
    )
    again = await scene.call(gates.list_things, namespace="shop", note="x")
    assert "Nothing was done" in again.text
    assert scene.world.walls == [False]


async def test_parts_that_need_an_approval_are_not_seen(tmp_path: Path) -> None:
    mixed = READS_BY_TWO + 'permit (principal, action, resource in Namespace::"eu/shop");'
    scene = setting(tmp_path, mixed)
    narrowed = await scene.call(gates.list_things)
    assert "Nothing was done" in narrowed.text, "the whole needs somebody's word"
    assert (await scene.call(gates.list_things, namespace="shop")).text == "things in shop"


STAFF_AND_LEAD = """
permit (principal in Group::"sre", action, resource)
when { context.approval == "second_person" && context.approvers.contains("lead") };
permit (principal in Group::"staff", action, resource)
when { context.approval == "second_person" && context.approvers.contains("risk") };
"""


async def test_an_approval_is_judged_for_the_caller_as_they_are_now(tmp_path: Path) -> None:
    scene = setting(tmp_path, STAFF_AND_LEAD)
    await scene.agree(await scene.scale(3))
    moved = Principal("practice", "ana", "agent", frozenset({"staff"}))
    assert "no longer accepts" in (await scene.scale(3, moved)).text
    assert scene.world.scaled == []
    assert not (await scene.scale(3)).is_error
