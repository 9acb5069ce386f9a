"""SPL is executed, not looked up."""

from typing import Any

import pytest

from practice.incident import Clock
from practice.splunk.spl import engine, moments, pipeline
from practice.splunk.spl.expression import read
from practice.splunk.spl.values import Malformed, Row

ROW: Row = {
    "_raw": "GET /cart took connection_pool 17 ms [warn]",
    "level": "ERROR",
    "status": 503,
    "host": "node-07",
    "tag": ["a", "b"],
}


@pytest.mark.parametrize(
    "criterion,met",
    [
        ("", True),
        ("*", True),
        ("took", True),
        ("TOOK", True),
        ("too", False),
        ("too*", True),
        ("pool", True),
        ('"took connection_pool"', True),
        ("level=error", True),
        ("level=err", False),
        ("level=err*", True),
        ("level!=INFO", True),
        ("nothing!=INFO", False),
        ("NOT nothing=INFO", True),
        ("status>=500 status<504", True),
        ("status=503.0", True),
        ("status IN (500, 503)", True),
        ("host IN (node-01 node-0*)", True),
        ("level=INFO OR status=503 took", True),
        ("level=INFO OR status=503 missing", False),
        ("level=INFO (status=503 OR took)", False),
        ("(level=INFO status=503) OR took", True),
        ("tag=b", True),
        ('"level=ERROR"', False),
    ],
)
def test_criteria(criterion: str, met: bool) -> None:
    assert read(criterion, 0).criterion.meets(ROW) is met


@pytest.mark.parametrize(
    "text,seconds",
    [
        ("-1h", -3600),
        ("-90m@h", -7500),
        ("@d", -50_700),
        ("-1d@d+3h", -50_700 - 86_400 + 10_800),
        ("now", 0),
        ("2026-03-12T14:04:00Z", -60),
        ("2026-03-12T15:04:00+01:00", -60),
        ("03/12/2026:14:04:00", -60),
        ("-1mon@mon", -(11 + 28) * 86_400 - 50_700),
        ("@w1", -3 * 86_400 - 50_700),
    ],
)
def test_moments(clock: Clock, text: str, seconds: float) -> None:
    now = clock.now.timestamp()
    assert moments.parse(text, now) - now == seconds


@pytest.mark.parametrize(
    "formula,value",
    [
        ("1+2*3", 7),
        ("(1+2)*3", 9),
        ("-2+5", 3),
        ("7%4", 3),
        ("1/0", None),
        ('"a"."b". 1', "ab1"),
        ('if(1<2 AND NOT 3<2,"yes","no")', "yes"),
        ('case(1=2,"a",true(),"b")', "b"),
        ('coalesce(missing,"x")', "x"),
        ("round(2.5)", 3),
        ("round(3.14159,2)", 3.14),
        ('substr("abcdef",2,3)', "bcd"),
        ('replace("a1b2","\\d","#")', "a#b#"),
        ('mvcount(split("a,b,c",","))', 3),
        ('mvjoin(mvappend("a","b"),"-")', "a-b"),
        ('mvindex(split("a,b,c",","),-1)', "c"),
        ('strftime(0,"%F %T")', "1970-01-01 00:00:00"),
        ('strptime("1970-01-02","%Y-%m-%d")', 86_400),
        ('tonumber("ff",16)', 255),
        ('tostring(1234567,"commas")', "1,234,567"),
        ('if(match("abc","^a.c$"),1,0)', 1),
        ('if(like("abc","a%"),1,0)', 1),
        ('if("10.0.0.7" IN ("10.0.0.7","x"),1,0)', 1),
        ('if(cidrmatch("10.0.0.0/8","10.1.2.3"),1,0)', 1),
        ('json_extract("{\\"a\\":[{\\"b\\":7}]}","a{0}.b")', 7),
        ('md5("")', "d41d8cd98f00b204e9800998ecf8427e"),
        ("'odd name'", None),
    ],
)
def test_formulas(run: Any, formula: str, value: object) -> None:
    row = run(f"| makeresults | eval x={formula} | table x")[0]
    assert row.get("x") == value


MADE = '| makeresults | eval n="{}" | eval n=split(n," ") | mvexpand n | table n'


@pytest.mark.parametrize(
    "search,rows",
    [
        (
            "stats count, sum(n) as s, avg(n) as a, dc(n) as d",
            [{"count": 4, "s": 9, "a": 2.25, "d": 3}],
        ),
        ("stats min(n) max(n) median(n)", [{"min(n)": "1", "max(n)": "4", "median(n)": 2.0}]),
        ("stats values(n) as v list(n) as l", [{"v": ["1", "2", "4"], "l": ["4", "2", "2", "1"]}]),
        ("stats first(n) as f last(n) as l", [{"f": "4", "l": "1"}]),
        (
            "stats count by n",
            [{"n": "1", "count": 1}, {"n": "2", "count": 2}, {"n": "4", "count": 1}],
        ),
        ("stats count(eval(n>1)) as big", [{"big": 3}]),
        ("top limit=1 n", [{"n": "2", "count": 2, "percent": "50.000000"}]),
        ("sort n | head 1", [{"n": "1"}]),
        ("sort - n | tail 1", [{"n": "1"}]),
        ("dedup n | stats count", [{"count": 3}]),
        ("where n>2", [{"n": "4"}]),
        ("search n=2 | head 1", [{"n": "2"}]),
        ("rename n as m | head 1", [{"m": "4"}]),
        ("head (n>3)", [{"n": "4"}]),
        ("bin span=2 n | dedup n | stats values(n) as v", [{"v": ["0-2", "2-4", "4-6"]}]),
        ("fillnull value=x m | head 1", [{"m": "x", "n": "4"}]),
        ("eventstats max(n) as top | where n=top", [{"n": "4", "top": "4"}]),
        ("streamstats count as c | tail 1", [{"n": "1", "c": 4}]),
        ('rex field=n "(?<d>[3-9])" | where isnotnull(d)', [{"n": "4", "d": "4"}]),
        ('rex field=n mode=sed "s/4/x/" | head 1', [{"n": "x"}]),
        (
            "chart count over n",
            [{"n": "1", "count": 1}, {"n": "2", "count": 2}, {"n": "4", "count": 1}],
        ),
        ("append [| makeresults | eval n=9 | table n] | tail 1", [{"n": 9}]),
        ("join n [| makeresults | eval n=4, k=1 | table n k]", [{"n": 4, "k": 1}]),
        ("head 2 | format", [{"search": '( ( n="4" ) OR ( n="2" ) )'}]),
        ("fields - n | head 1", [Row()]),
    ],
)
def test_pipes(run: Any, search: str, rows: list[Row]) -> None:
    assert run(f"{MADE.format('4 2 2 1')} | {search}") == rows


def test_timechart_fills_the_whole_range(run: Any) -> None:
    rows = run("search index=shop level=ERROR service=nobody | timechart span=10m count")
    assert [row["count"] for row in rows] == [0] * 7
    by = run("search index=shop | timechart span=30m count by service limit=2")
    assert {*by[1]} == {"_time", "_span", "OTHER", "checkout", "web"}


def test_what_is_indexed_is_counted_without_reading(run: Any) -> None:
    rows = run("| tstats count where index=shop by sourcetype")
    counted = run("search index=shop | stats count by sourcetype")
    assert rows == counted
    kinds = run("| metadata type=sourcetypes index=shop")
    assert [row["totalCount"] for row in kinds] == [row["count"] for row in rows]
    assert len(run("| tstats count where index=bank by _time span=15m")) == 5


def test_a_search_inside_another_is_run_first(run: Any) -> None:
    rows = run(
        "search index=shop service=checkout "
        "[ search index=shop service=checkout level=ERROR | head 2 | fields trace_id ] "
        "| stats dc(trace_id) as n"
    )
    assert rows == [{"n": 2}]
    assert run("search index=shop [ search index=shop level=NONE | fields trace_id ]") == []


def test_macros_are_put_in_and_may_hide_anything(run: Any) -> None:
    assert run("search `errors_of(checkout)` | stats dc(level) as n") == [{"n": 1}]
    parsed = pipeline.parse(
        "`nested`",
        {"shop": pipeline.Macro("index=shop"), "nested": pipeline.Macro("search `shop` | delete")},
    )
    assert [each.name for each in parsed.everything()] == ["search", "delete"]


def test_only_what_was_asked_for_comes_out_of_events(run: Any) -> None:
    plain = run("search index=shop level=ERROR | head 1")[0]
    assert "level" not in plain
    assert {"_bkt", "_cd", "_raw", "_time", "linecount", "splunk_server"} <= plain.keys()
    assert run("search index=shop level=ERROR | head 1 | fields level")[0]["level"] == "ERROR"
    assert "trace_id" in run("search index=shop | head 1 | fields *")[0]
    assert run("search index=shop | head 1 | eval x=1")[0]["x"] == 1


@pytest.mark.parametrize(
    "search,said",
    [
        ("index=shop", "Unknown search command 'index'."),
        ("search a | foo", "Unknown search command 'foo'."),
        ('search "a', "Unbalanced quotes."),
        ("search (a", "unbalanced parentheses"),
        ("search a]", "Mismatched ']'"),
        ("search [ search a", "Mismatched '['"),
        ("search a |", "Missing a search command before '^'"),
        ("search a || head", "Missing a search command before '^'"),
        ("search a=", "Comparator '=' is missing a term on the right hand side"),
        ("search a OR", "Operator 'OR' has no right hand side"),
        ("search `nope`", "specifies a macro 'nope' that cannot be found"),
        ("search a | eval x=", "Error in 'eval' command"),
        ("search a | eval x=nope(1)", "The 'nope' function is unsupported or undefined."),
        ("search a | where", "Error in 'where' command"),
        (
            "search a | stats nope(x)",
            "Error in 'stats' command: The argument 'nope(x)' is invalid.",
        ),
        ("search a | stats", "Error in 'stats' command"),
        ('search a | rex "x"', "does not extract anything"),
        ('search a | rex "(?<x>"', "Error in 'rex' command"),
        ("search a | makeresults", "This command must be the first command of a search."),
        ("search a [ search b | foo ]", "Unknown search command 'foo'."),
        ("search a | join x [ search b | foo ]", "Unknown search command 'foo'."),
        ("search earliest=yesterday a", 'Invalid value "yesterday" for time term'),
        ("| inputlookup nope", "Error in 'inputlookup' command"),
    ],
)
def test_what_cannot_be_read_is_refused_as_splunk_does(run: Any, search: str, said: str) -> None:
    with pytest.raises(Malformed) as wrong:
        run(search)
    assert said in str(wrong.value)


def test_events_and_reports_are_told_apart() -> None:
    assert engine.is_events(pipeline.parse("search a | eval b=1 | head 3", {}))
    assert not engine.is_events(pipeline.parse("search a | stats count", {}))
