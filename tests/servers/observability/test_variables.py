"""Variables in queries: what stands for them, and that no value gets out of its place."""

import re

import promql_parser
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as some

from bailiwick.errors import BadRequest
from bailiwick_observability.models.dashboards import Variable
from bailiwick_observability.models.metrics import Window
from bailiwick_observability.variables import Given, Resolved, chosen, names, resolve

WINDOW = Window(1_700_000_000, 1_700_003_600, 60)
REGION = Variable("region", "custom", ("$__all",), "eu,us", ("$__all", "eu.1", "us"))
SERVICE = Variable("service", "query", ("checkout",))
FILTER = Variable("filter", "textbox", (".*",))
STEP = Variable("step", "interval", ("5m",), "1m,5m", ("1m", "5m"))
KNOWN = (REGION, SERVICE, FILTER, STEP)


def run(expression: str, *variables: Variable, **given: str | list[str]) -> Resolved:
    return resolve(expression, variables or KNOWN, given, WINDOW)


def variable(name: str, *current: str, every: str = "", options: tuple[str, ...] = ()) -> Variable:
    return Variable(name, "custom", current, "", options, every)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('up{s="$service"}', 'up{s="checkout"}'),
        ('up{s="${service}-x"}', 'up{s="checkout-x"}'),
        ('up{s="[[service]]"}', 'up{s="checkout"}'),
        ('up{s="[[service:regex]]"}', 'up{s="checkout"}'),
        ("up{s='$service'}", "up{s='checkout'}"),
        ("up{s=`$service`}", "up{s=`checkout`}"),
        ('up{r=~"$region"}', r'up{r=~"(eu\\.1|us)"}'),
        ("up{r=~`$region`}", r"up{r=~`(eu\.1|us)`}"),
        ('up{r!~"a|$region"}', r'up{r!~"a|(eu\\.1|us)"}'),
        ('up{r=~"${region:pipe}"}', 'up{r=~"eu.1|us"}'),
        ('up{r=~"$filter"}', 'up{r=~".*"}'),
        ("rate(x[$step])", "rate(x[5m])"),
        ("sum by ($service) (up)", "sum by (checkout) (up)"),
        ('label_replace(up, "a", "$1", "b", "(.*)")', 'label_replace(up, "a", "$1", "b", "(.*)")'),
        ("a$", "a$"),
        ("", ""),
    ],
)
def test_writes_what_stands_for_a_variable(expression: str, expected: str) -> None:
    found = run(expression)
    assert (found.text, found.unresolved) == (expected, ())


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("csv", "a'b,c d"),
        ("raw", "a'b,c d"),
        ("text", "a'b + c d"),
        ("pipe", "a'b|c d"),
        ("regex", "(a'b|c d)"),
        ("glob", "{a'b,c d}"),
        ("json", '["a\'b", "c d"]'),
        ("doublequote", '"a\'b","c d"'),
        ("singlequote", r"'a\'b','c d'"),
        ("sqlstring", "'a''b','c d'"),
        ("lucene", '("a\'b" OR "c d")'),
        ("percentencode", "%7Ba%27b%2Cc%20d%7D"),
        ("queryparam", "var-v=a%27b&var-v=c%20d"),
        ("distributed", "a'b,v=c d"),
    ],
)
def test_writes_values_in_every_format(style: str, expected: str) -> None:
    assert run(f"${{v:{style}}}", variable("v", "a'b", "c d")).text == expected


@pytest.mark.parametrize(
    ("style", "expected"), [("json", '"a"'), ("lucene", '"a"'), ("glob", "a"), ("regex", "a")]
)
def test_writes_a_single_value_plainly(style: str, expected: str) -> None:
    assert run(f"${{v:{style}}}", variable("v", "a")).text == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$__interval", "1m"),
        ("$__interval_ms", "60000"),
        ("$__rate_interval", "75s"),
        ("${__rate_interval}", "75s"),
        ("$__range", "3600s"),
        ("$__range_s", "3600"),
        ("$__range_ms", "3600000"),
        ("$__from", "1700000000000"),
        ("${__to}", "1700003600000"),
        ("${__from:date}", "2023-11-14T22:13:20.000Z"),
        ("${__from:date:iso}", "2023-11-14T22:13:20.000Z"),
        ("${__to:date:seconds}", "1700003600"),
        ("${__from:date:YYYY-MM-DD HH:mm:ss}", "2023-11-14 22:13:20"),
    ],
)
def test_knows_what_is_built_in(expression: str, expected: str) -> None:
    assert run(expression).text == expected


def test_short_steps_have_a_longer_window() -> None:
    assert resolve("$__rate_interval", (), {}, Window(0, 60, 0.5)).text == "1m"
    assert resolve("$__interval", (), {}, Window(0, 60, 0.5)).text == "500ms"
    assert resolve("$__interval", (), {}, Window(0, 60, 86_400)).text == "1d"


@pytest.mark.parametrize(
    "expression", ["$nobody", "${__field.name}", "${service:unheard}", "${__from:date:Q}"]
)
def test_reports_what_it_does_not_know(expression: str) -> None:
    found = run(expression)
    assert found.text == expression
    assert found.unresolved == tuple(names(expression))


def test_an_empty_choice_is_unknown() -> None:
    assert run("$v", variable("v")).unresolved == ("v",)


def test_all_is_what_the_dashboard_says_it_is() -> None:
    every = variable("v", "$__all", every=r"x\\.+")
    assert run('up{v=~"$v"}', every).text == r'up{v=~"x\\.+"}'
    assert run('up{v=~"${v:regex}"}', every).text == r'up{v=~"x\\.+"}'


def test_all_of_nothing_known_is_anything() -> None:
    found = run('up{v=~"$v"}', variable("v", "$__all"))
    assert found.text == 'up{v=~".+"}'
    assert found.notes == ("All of $v is taken as anything: its values are not known",)


@pytest.mark.parametrize("word", ["All", "$__all", ["$__all"]])
def test_a_caller_may_choose_all(word: str | list[str]) -> None:
    assert run('up{r=~"$region"}', region=word).text == r'up{r=~"(eu\\.1|us)"}'


def test_several_values_in_an_equals_are_pointed_out() -> None:
    assert "=~ is meant" in run('up{r="$region"}').notes[0]


def test_a_value_that_can_be_several_is_literal_in_a_pattern() -> None:
    one = variable("v", "a.b", options=("$__all", "a.b"))
    assert run('up{v=~"$v"}', one).text == r'up{v=~"a\\.b"}'
    own = variable("v", "5..", options=("5..", "4.."))
    assert run('up{v=~"$v"}', own).text == 'up{v=~"5.."}'
    assert run('up{v=~"$v"}', own, v="4..").text == 'up{v=~"4.."}'
    assert run('up{v=~"$v"}', own, v="3..").text == r'up{v=~"3\\.\\."}'


def test_variables_stand_behind_each_other() -> None:
    chain = (variable("a", "$b-${c}"), variable("b", "x"), variable("c", "$__interval"))
    found = run('up{a="$a"}', *chain)
    assert (found.text, found.used) == ('up{a="x-1m"}', ("b", "__interval", "c", "a"))
    assert run('up{a="$a"}', *chain, b='"').text == r'up{a="\"-1m"}'


def test_what_a_caller_gave_stays_literal_behind_another() -> None:
    chain = (variable("a", "$b-db"), variable("b", "x"))
    assert run('up{a=~"$a"}', *chain, b=".*").text == r'up{a=~"\\.\\*-db"}'
    every = (variable("a", "$__all", every="$b.+"), variable("b", "x"))
    assert run('up{a=~"$a"}', *every, b='.*"').text == r'up{a=~"\\.\\*\".+"}'


def test_circles_are_named() -> None:
    circle = (variable("a", "$b"), variable("b", "$c"), variable("c", "$a"), variable("d", "$d"))
    found = run('up{a="$a",d="$d"}', *circle)
    assert found.text == 'up{a="$a",d="$d"}'
    assert found.notes == (
        "variables in a circle: $a -> $b -> $c -> $a",
        "variables in a circle: $d -> $d",
    )
    assert {"a", "d"} <= set(found.unresolved)


def test_a_long_chain_is_refused() -> None:
    chain = [variable(f"v{n}", f"$v{n + 1}") for n in range(20)]
    with pytest.raises(BadRequest, match="more than 8 variables"):
        run("$v0", *chain)


@pytest.mark.parametrize("seed", ["x", ""])
def test_a_bomb_does_not_go_off(seed: str) -> None:
    fan = [variable(f"v{n}", f"$v{n + 1} " * 40) for n in range(6)]
    with pytest.raises(BadRequest, match="more than 20000 characters"):
        run("$v0", *fan, variable("v6", seed, "y"))
    with pytest.raises(BadRequest, match="more than 20000 characters"):
        run("$v " * 5_000, variable("v", "x" * 100))
    with pytest.raises(BadRequest, match="more than 20000 characters"):
        run("x" * 20_001)


def test_too_much_or_nothing_cannot_be_given() -> None:
    for value in ([], ["x" * 11_000, "y" * 11_000]):
        with pytest.raises(BadRequest, match="at least one value"):
            run('up{s="$service"}', service=value)


@pytest.mark.parametrize(
    "value", ["up) or (secret", "5m])", "a,b", "1e9", "", "a b", "5m\n", "a-b", '"a"', "#"]
)
@pytest.mark.parametrize(
    "expression", ["rate(x[$step])", "${step:raw}", "# $step", "${step:csv}", "${step:sqlstring}"]
)
def test_only_plain_words_stand_outside_of_quotes(value: str, expression: str) -> None:
    with pytest.raises(BadRequest, match="outside of quotes"):
        run(expression, step=value)


@pytest.mark.parametrize("value", ["10m", "1h30m", "500ms", "job", "a:b", "5", "0.95"])
def test_plain_words_do(value: str) -> None:
    assert run("f(x[$step])", step=value).text == f"f(x[{value}])"


def test_a_backtick_does_not_leave_backticks() -> None:
    with pytest.raises(BadRequest, match="backtick"):
        run("up{s=`$service`}", service="a`}")


def test_a_given_value_is_not_looked_through_again() -> None:
    assert run('up{s="$service"}', service="$region ${step}").text == 'up{s="$region ${step}"}'


def test_a_caller_may_give_what_the_dashboard_lacks() -> None:
    assert run('up{s="$nobody"}', nobody="x").text == 'up{s="x"}'


def test_names_each_variable_once() -> None:
    assert names("$a ${b:csv} [[c]] $a $1 ${2}") == ["a", "b", "c"]


def test_gives_what_is_chosen_as_it_is() -> None:
    source = variable("ds", "prom-eu")
    assert chosen("ds", [source], {}, WINDOW) == ("prom-eu",)
    assert chosen("ds", [source], {"ds": "prom-us"}, WINDOW) == ("prom-us",)
    assert chosen("other", [source], {}, WINDOW) == ()


# No value gets out

TEXT = some.text(some.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40)
NASTY = some.text(some.sampled_from("\"'`\\\n\r{}()[]|$#,=~ a.*"), max_size=20)
VALUES = some.one_of(TEXT, NASTY)
_INSIDE = {
    '"': re.compile(r'up\{s(?:=|=~)"(?:\\.|[^"\\\n])*"\}'),
    "'": re.compile(r"up\{s(?:=|=~)'(?:\\.|[^'\\\n])*'\}"),
}


@for_all(
    VALUES,
    some.sampled_from("\"'"),
    some.sampled_from(["=", "=~"]),
    some.sampled_from(["$s", "${s}", "[[s]]", "${s:raw}", "${s:csv}", "${s:regex}", "${s:json}"]),
)
def test_no_value_leaves_its_string(value: str, quote: str, operator: str, written: str) -> None:
    known = Variable("s", "query", ("x",))
    expression = f"up{{s{operator}{quote}{written}{quote}}}"
    found = resolve(expression, [known], {"s": value}, WINDOW)
    assert _INSIDE[quote].fullmatch(found.text)


@for_all(VALUES)
def test_a_matcher_compares_with_the_very_value(value: str) -> None:
    found = run('up{s="$service"}', service=value)
    if value not in ("All", "$__all"):
        parsed = promql_parser.parse(found.text)
        assert isinstance(parsed, promql_parser.VectorSelector)
        assert [m.value for m in parsed.matchers.matchers] == [value]


@for_all(some.lists(VALUES, min_size=1, max_size=4), VALUES)
def test_a_pattern_matches_the_given_values_only(values: list[str], other: str) -> None:
    found = run('up{s=~"$service"}', service=values)
    if {"All", "$__all"} & set(values):
        return
    written = promql_parser.parse(found.text)
    assert isinstance(written, promql_parser.VectorSelector)
    pattern = re.compile(written.matchers.matchers[0].value)
    assert all(pattern.fullmatch(value) for value in values)
    assert bool(pattern.fullmatch(other)) is (other in values)


@for_all(VALUES, some.sampled_from(["doublequote", "singlequote", "json"]))
def test_quotes_that_a_format_brings_hold(value: str, style: str) -> None:
    found = run(f'label_replace(up, ${{service:{style}}}, "b", "c", "d")', service=value)
    if value not in ("All", "$__all"):
        parsed = promql_parser.parse(found.text)
        assert isinstance(parsed, promql_parser.Call)
        assert len(parsed.args) == 5


@for_all(some.text(some.sampled_from("$ab{}[]:\"' ,rawjsonregex"), max_size=60), VALUES)
def test_never_fails_otherwise(expression: str, value: str) -> None:
    given: Given = {"a": value}
    try:
        found = resolve(expression, [variable("b", "$a"), variable("ab", "x", "y")], given, WINDOW)
    except BadRequest:
        return
    assert set(found.unresolved) <= set(names(expression)) | {"a"}
