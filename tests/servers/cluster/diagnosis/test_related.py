from bailiwick_cluster.diagnosis.finding import Ref
from bailiwick_cluster.diagnosis.related import backends, related, workloads
from tests.parts.pictured import deployment, owned, picture, pod, thing, well


def names(found: set[Ref]) -> set[str]:
    return {str(each) for each in found}


def test_a_workload_is_found_by_its_name_and_those_that_own_come_first() -> None:
    snapshot = picture(*deployment("web"), thing("StatefulSet", "web"))
    assert [each["kind"] for each in workloads(snapshot, "shop", "web")] == [
        "Deployment",
        "StatefulSet",
    ]
    assert [each["kind"] for each in workloads(snapshot, "shop", "web", "StatefulSet")] == [
        "StatefulSet"
    ]
    assert workloads(snapshot, "bank", "web") == []


def test_what_leads_to_a_workload_and_what_it_stands_on_is_related() -> None:
    selector = {"selector": {"app": "web"}}
    claim = {"name": "d", "persistentVolumeClaim": {"claimName": "data"}}
    path = {"backend": {"service": {"name": "web"}}}
    snapshot = picture(
        *deployment(),
        well("web-1-a", volumes=[claim]),
        thing("Service", "web", spec=selector),
        thing("Service", "api", spec={"selector": {"app": "api"}}),
        thing("Service", "web", "bank", spec=selector),
        thing("Ingress", "front", spec={"rules": [{"http": {"paths": [path]}}]}),
        thing("PodDisruptionBudget", "web", spec={"selector": {"matchLabels": {"app": "web"}}}),
        thing(
            "HorizontalPodAutoscaler",
            "web",
            spec={"scaleTargetRef": {"kind": "Deployment", "name": "web"}},
        ),
    )
    (workload,) = workloads(snapshot, "shop", "web")
    assert names(related(snapshot, workload)) == {
        "Deployment shop/web",
        "ReplicaSet shop/web-1",
        "Pod shop/web-1-a",
        "Node node-1",
        "PersistentVolumeClaim shop/data",
        "Service shop/web",
        "Ingress shop/front",
        "PodDisruptionBudget shop/web",
        "HorizontalPodAutoscaler shop/web",
    }


def test_the_jobs_of_a_cron_job_are_related_without_pods() -> None:
    job = thing("Job", "nightly-1", meta=owned("CronJob", "nightly"))
    snapshot = picture(thing("CronJob", "nightly"), job)
    (workload,) = workloads(snapshot, "shop", "nightly")
    assert "Job shop/nightly-1" in names(related(snapshot, workload))


def test_a_workload_without_pods_is_led_to_by_its_template() -> None:
    snapshot = picture(*deployment(), thing("Service", "web", spec={"selector": {"app": "web"}}))
    (workload,) = workloads(snapshot, "shop", "web")
    assert "Service shop/web" in names(related(snapshot, workload))


def test_a_pod_alone_is_its_own_workload() -> None:
    snapshot = picture(pod("alone", of=None))
    (workload,) = workloads(snapshot, "shop", "alone")
    assert names(related(snapshot, workload)) == {"Pod shop/alone", "Node node-1"}


def test_an_ingress_of_any_shape_leads_where_it_can() -> None:
    assert list(backends({"spec": {"rules": [{"http": 3}, None], "defaultBackend": []}})) == []
    default = {"defaultBackend": {"service": {"name": "web"}}}
    assert list(backends({"spec": default})) == ["web"]
