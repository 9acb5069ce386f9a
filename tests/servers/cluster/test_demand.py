"""What a pod asks of its node: the scheduler's own arithmetic."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.demand import Amount, Bound, amount, limited, requested

MI = 1024.0**2


def container(cpu: str = "", memory: str = "", *, limit: str = "", **more: Any) -> dict[str, Any]:
    asked = {"cpu": cpu, "memory": memory}
    limits = {"memory": limit} if limit else {}
    return {"resources": {"requests": asked, "limits": limits}, **more}


def pod(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"spec": {"containers": list(containers), **spec}}


SIDECAR = {"restartPolicy": "Always"}


@pytest.mark.parametrize(
    ("found", "cores", "mebibytes"),
    [
        (pod(container("100m", "64Mi"), container("150m", "64Mi")), 0.25, 128),
        (pod(), 0, 0),
        # An init container that wants more than all that runs later.
        (pod(container("100m", "64Mi"), initContainers=[container("1", "32Mi")]), 1, 64),
        # Sidecars run beside the containers.
        (
            pod(container("100m", "64Mi"), initContainers=[container("50m", "64Mi", **SIDECAR)]),
            0.15,
            128,
        ),
        # An init container runs beside the sidecars that were started before it, not after it.
        (
            pod(
                container("100m", "10Mi"),
                initContainers=[
                    container("200m", "0"),
                    container("50m", "10Mi", **SIDECAR),
                    container("300m", "5Mi"),
                ],
            ),
            0.35,
            20,
        ),
        # What is set for the pod as a whole stands instead of the sum, for that resource alone.
        (pod(container("100m", "64Mi"), resources={"requests": {"cpu": "2"}}), 2, 64),
        # The runtime's overhead comes on top.
        (pod(container("100m", "64Mi"), overhead={"cpu": "250m", "memory": "120Mi"}), 0.35, 184),
    ],
)
def test_requests(found: dict[str, Any], cores: float, mebibytes: float) -> None:
    asked = requested(found)
    assert asked.cpu == pytest.approx(cores)
    assert asked.memory == pytest.approx(mebibytes * MI)


@pytest.mark.parametrize(
    ("found", "bound"),
    [
        (pod(container(limit="64Mi"), container(limit="64Mi")), 128 * MI),
        (pod(container(limit="64Mi"), container()), None),  # one may take all there is
        (pod(), None),
        (pod(container(limit="64Mi"), initContainers=[container()]), 64 * MI),
        (pod(container(limit="64Mi"), initContainers=[container(**SIDECAR)]), None),
        (pod(container(), resources={"limits": {"memory": "1Gi"}}), 1024 * MI),
        (pod(container(limit="64Mi"), overhead={"memory": "6Mi"}), 70 * MI),
    ],
)
def test_a_pod_is_bounded_where_all_that_runs_in_it_is(
    found: dict[str, Any], bound: float | None
) -> None:
    assert limited(found).memory == bound
    assert limited(found).cpu is None


def test_amounts_add_up_and_never_fall_below_nothing() -> None:
    total = Amount(1, 2) + amount({"cpu": "500m", "memory": "2"})
    assert (total.of("cpu"), total.of("memory")) == (1.5, 4)
    assert amount({"cpu": "-1", "memory": "x"}) == Amount()
    assert Bound(memory=3).of("memory") == 3
    assert Bound().of("cpu") is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["1", "1Gi", "-1", "x", "Always"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["containers", "initContainers", "resources", "requests", "limits", "cpu", "memory",
                 "overhead", "restartPolicy"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)  # fmt: skip


@given(st.dictionaries(st.just("spec"), JSON))
def test_no_shape_breaks_it(found: dict[str, Any]) -> None:
    asked, bound = requested(found), limited(found)
    assert asked.cpu >= 0
    assert bound.memory is None or bound.memory >= 0
