from typing import Any

from bailiwick_cluster.diagnosis.causes.serving import KIND, look
from tests.parts.pictured import fell, found, picture, pod, signs, thing


def model(status: str, **more: Any) -> dict[str, Any]:
    said = [{"type": "PredictorReady", "status": status}, {"type": "Ready", "status": status}]
    return thing(KIND, "llama", status={"conditions": said, **more})


def test_what_loading_failed_with_is_told() -> None:
    failure = {"reason": "ModelLoadFailed", "message": "CUDA out of memory"}
    (sign,) = signs(look, model("False", modelStatus={"lastFailureInfo": failure}), also=["Pod"])
    assert sign.what == (
        "InferenceService shop/llama does not serve: its model could not be loaded"
    )
    assert sign.evidence == ("CUDA out of memory",)
    (sign,) = signs(look, model("False"), also=["Pod"])
    assert sign.what.endswith("its predictor is not ready")


def test_one_that_serves_gives_no_sign() -> None:
    assert signs(look, model("True"), thing(KIND, "new"), also=["Pod"]) == []


def test_the_pod_that_crashes_is_the_cause() -> None:
    labels = {"serving.kserve.io/inferenceservice": "llama"}
    (finding,) = found(picture(model("False"), pod("a", fell(1), labels=labels)))
    assert finding.cause == "crash"
    assert [each.cause for each in finding.consequences] == ["serving"]
