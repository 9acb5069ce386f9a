"""What is said of dashboards: each rule, and the dashboards of the practice ground."""

from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest

from bailiwick_observability.lint import RULES, lint
from bailiwick_observability.models.dashboards import (
    Dashboard,
    Datasource,
    Panel,
    Query,
    Variable,
)
from bailiwick_observability.upstream import classic
from practice import incident
from practice.grafana import boards, oddities
from practice.grafana.library import Library
from practice.incident import Clock

GOOD = 'sum by (code) (rate(http_requests_total{service="$service"}[$__rate_interval]))'
SERVICE = Variable("service", "query", ("checkout",))
KNOWN = (Datasource("p", "Prometheus", "prometheus"),)


def panel(*expressions: str, number: int = 1, title: str = "Requests", source: str = "p") -> Panel:
    queries = (Query(chr(65 + n), e, source, "prometheus") for n, e in enumerate(expressions))
    return Panel(number, title, "timeseries", tuple(queries), "reqps")


def board(*panels: Panel, variables: tuple[Variable, ...] = (SERVICE,)) -> Dashboard:
    return Dashboard("u", "t", "", (), panels, variables, ("now-1h", "now"), 1)


def of(uid: str) -> Dashboard:
    library = Library.of(Clock.at(datetime(2025, 3, 4, tzinfo=UTC)))
    said = orjson.loads(library.body(uid))
    return classic.dashboard(said["dashboard"], said["meta"])


def test_there_are_ten_rules_and_a_good_dashboard_breaks_none() -> None:
    assert len(RULES) == 10
    assert lint(board(panel(GOOD)), KNOWN) == []


def test_a_panel_has_a_title_and_a_unit() -> None:
    bare = replace(panel(GOOD), title=" ", unit="")
    assert lint(board(bare)) == [
        "panel 1: no title",
        "panel 1: no unit, so nobody knows what its numbers are",
    ]
    text = Panel(1, "", "text", ())
    assert lint(board(text, panel(GOOD, number=2))) == []


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ('rate(a{s="$service"}[5m])', "fixed window"),
        ('increase(a{s="$service"} [ 1h ])', "fixed window"),
        ('irate(a{s="$service"}[$__rate_interval])', "irate"),
    ],
)
def test_rates_fit_every_zoom(expression: str, words: str) -> None:
    found = lint(board(panel(expression)))
    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ("http_requests_total", True),
        ("sum by (le) (rate(http_requests_total[$__rate_interval]))", True),
        ("sum(rate(http_requests_total[${__rate_interval}]))", True),
        ("sum(rate(http_requests_total{}[$__rate_interval]))", True),
        ("count(up) or vector(0)", True),
        ('up{job="node"}', False),
        ("$metric", False),
        ("job:http_requests:rate5m", False),
        ("vector(1)", False),
        ("time() - 5 > 3", False),
    ],
)
def test_queries_filter_by_labels(expression: str, wrong: bool) -> None:
    known = tuple(Variable(n, "custom", ("x",)) for n in ("metric",))
    found = [said for said in lint(board(panel(expression), variables=known)) if "filter" in said]
    assert bool(found) is wrong


def test_sources_are_not_mixed() -> None:
    two = (Query("A", GOOD, "p", "prometheus"), Query("B", "SELECT 1", "db", "postgres"))
    mixed = replace(panel(), queries=two)
    assert "different data sources" in lint(board(mixed))[0]
    summed = (Query("A", GOOD, "p", "prometheus"), Query("B", "$A / 2", "__expr__", "__expr__"))
    assert lint(board(replace(panel(), queries=summed))) == []


def test_variables_are_used_and_defined() -> None:
    idle, filters = Variable("idle", "custom", ("x",)), Variable("f", "adhoc", ())
    found = lint(board(panel('up{a="$gone",b="${lost}"}'), variables=(idle, filters)))
    assert found == [
        "variables that nothing uses: $idle",
        "variables that are used and not defined: $gone, $lost",
    ]
    other = Variable("other", "query", ("x",), 'label_values(up{a="$idle"}, b)')
    titled = panel('up{b="$other"}', title="Up of $idle")
    assert lint(board(titled, variables=(idle, other))) == []


def test_variables_do_not_wait_for_each_other() -> None:
    found = lint(of(oddities.CIRCLES))
    assert "variables that wait for each other in a circle: $a, $b" in found
    assert "variables that are used and not defined: $nobody" in found


def test_sources_exist() -> None:
    gone = board(panel(GOOD, source="gone"), panel(f"{GOOD} * 2", number=2, source="${ds}"))
    assert "panel 1 (Requests): a data source that does not exist" in lint(gone, KNOWN)
    assert not any("does not exist" in said for said in lint(gone))
    named = board(panel(GOOD, source="Prometheus"))
    assert lint(named, KNOWN) == []


def test_panels_do_not_show_the_same() -> None:
    twins = board(panel(GOOD), panel(GOOD.replace(" ", "  "), number=2, title="Again"))
    assert lint(twins) == ["panels that show the same: panels 1 (Requests), 2 (Again)"]
    four = [panel(f"{GOOD} * {n // 2}", number=n) for n in range(8)]
    assert lint(board(*four))[-1] == "and 1 more groups of panels that show the same"


def test_a_page_is_not_endless() -> None:
    many = [panel(f"{GOOD} * {n}", number=n) for n in range(26)]
    assert "26 panels ask" in lint(board(*many))[0]
    assert lint(board(*many[:25])) == []


def test_findings_stay_short_and_on_one_line() -> None:
    found = lint(of(oddities.BIG))
    assert any("and 1192 more" in said for said in found)
    odd = replace(panel(GOOD, title="a\nb\x1b[0m" + "x" * 500), unit="")
    said = lint(board(odd))[0]
    assert "\n" not in said
    assert "\x1b" not in said
    assert len(said) < 200


def test_the_dashboard_of_the_incident_is_nearly_good() -> None:
    assert lint(of(incident.DASHBOARD)) == []
    found = [said.partition(": ") for said in lint(of(boards.HOSTS))]
    assert [(where, what[:15]) for where, _, what in found] == [
        ("panel 2 (CPU by mode)", "no unit, so nob"),
        ("panel 2 (CPU by mode)", "a rate over a f"),
    ]


def test_an_old_dashboard_is_told_what_changed() -> None:
    found = lint(of(oddities.OLD), KNOWN)
    assert any("irate" in said for said in found)
    assert any("Prometheus" not in said and "does not exist" in said for said in found)
