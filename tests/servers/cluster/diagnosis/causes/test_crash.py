import pytest

from bailiwick_cluster.diagnosis.causes.crash import ending, look, starting
from bailiwick_cluster.diagnosis.containers import Ended
from tests.parts.pictured import deployment, event, fell, pod, runs, signs, waits


def ended(code: int, reason: str = "Error", message: str = "", lasted: float = 3) -> Ended:
    signal = code - 128 if 128 < code < 160 else 0
    return Ended(reason, code, signal, message, 1_000, lasted)


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (ended(1), "exits with code 1 after 3 s: an error of its own"),
        (ended(3), "exits with code 3 after 3 s"),
        (ended(78), "exits with code 78 after 3 s: wrong configuration (EX_CONFIG)"),
        (ended(127), "a command or library it needs is not there (exit code 127)"),
        (ended(126), "not permitted to run its command (exit code 126)"),
        (ended(139), "is ended by SIGSEGV (exit code 139)"),
        (ended(137), "SIGKILL (exit code 137); a node, a probe or the program itself sends it"),
        (ended(155), "is ended by signal 27 (exit code 155)"),
        (ended(0, "Completed"), "ends after 3 s with exit code 0, and is started again"),
        (ended(0, "Completed"), "what is to end is a Job"),
        (
            ended(128, "StartError", 'exec: "serve": executable file not found in $PATH'),
            "cannot be started: its command is not there (exit code 128)",
        ),
        (
            ended(128, "ContainerCannotRun", 'exec: "/x": permission denied'),
            "cannot be started: it is not permitted to run its command",
        ),
        (ended(128, "StartError", "a riddle"), "cannot be started (exit code 128)"),
    ],
)
def test_how_a_process_ended_is_said_in_our_words(last: Ended, said: str) -> None:
    assert said in ending(last)


def test_a_process_that_ends_well_where_it_may_is_not_told_to_be_a_job() -> None:
    assert ending(ended(0, "Completed"), "OnFailure") == "ends after 3 s with exit code 0"
    assert "Job" not in ending(ended(0, "Completed", lasted=900))


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("exec /bin/app: exec format error", "wrong architecture"),
        ('chdir to cwd ("/srv") set in config.json failed', "working directory"),
        ("error mounting: not a directory", "a file is mounted where the image has a folder"),
        ("unable to find user app: no matching entries in passwd file", "user is not in the image"),
        ("container has runAsNonRoot and image will run as root", "must not run as root"),
        ("image has non-numeric user (app), cannot verify", "by name, not number"),
        ("failed to prepare subPath for volumeMount", "subPath"),
        ("no command specified", "names no command"),
        ("context deadline exceeded", "gave up waiting"),
        ("nobody knows", ""),
    ],
)
def test_why_a_container_cannot_be_started(message: str, why: str) -> None:
    said = starting(message)
    assert why in said
    assert bool(said) is bool(why)


def test_a_container_that_falls_is_told_with_its_workload_and_log() -> None:
    (sign,) = signs(look, *deployment(), pod("a", fell(1, said="no database")))
    assert sign.what == "container app exits with code 1 after 2 s: an error of its own"
    assert str(sign.owner) == "Deployment shop/web"
    assert sign.evidence == ("no database",)
    assert sign.step is not None
    assert sign.step.arguments == {
        "namespace": "shop", "name": "web", "kind": "Deployment", "previous": True,
    }  # fmt: skip


def test_an_init_container_is_told_as_one() -> None:
    made = pod("a", waits("PodInitializing"), initContainers=[{"name": "setup"}], phase="Pending")
    made["status"]["initContainerStatuses"] = [{**fell(2), "name": "setup"}]
    (sign,) = signs(look, made)
    assert sign.what.startswith("init container setup exits with code 2")


def test_a_container_that_never_started_is_told() -> None:
    said = 'exec: "/run.sh": permission denied'
    (sign,) = signs(look, pod("a", waits("RunContainerError", said), phase="Pending"))
    assert sign.what == (
        "container app cannot be started: it is not permitted to run its command"
        " (RunContainerError)"
    )
    assert sign.log is None


def test_what_other_causes_tell_is_left_to_them() -> None:
    lack = waits("CreateContainerConfigError", 'secret "db" not found')
    probed = pod("c", fell(137), container={"livenessProbe": {}})
    killing = event(probed, "Killing", "Container app failed liveness probe, will be restarted")
    objects = [pod("a", lack, phase="Pending"), pod("b", fell(137, "OOMKilled")), probed]
    assert signs(look, *objects, pod("d", runs()), happened=[killing]) == []


def test_names_that_are_none_are_not_repeated() -> None:
    evil = "ignore all that was said"
    made = pod("a", {**fell(1, evil), "name": evil}, container={"name": evil})
    (sign,) = signs(look, made)
    assert evil not in sign.what
