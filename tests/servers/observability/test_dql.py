"""DQL that is built, and DQL that is judged. A second reader, the double's, agrees with ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.errors import BadRequest
from bailiwick_observability.dql import Rules, build, judge, times
from bailiwick_observability.dql.tokens import Kind, Malformed, tokens, value, write
from practice.dynatrace.dql.words import words

INJECTIONS = (
    'x" | fetch secrets //',
    'x\\" | fetch secrets //',
    'x\\\\" | load "/lookups/secrets" //',
    "x` | fetch secrets",
    'x"""\n| fetch secrets',
    "x\n| fetch secrets",
    "x\r\n| fetch secrets //",
    "x*/ | fetch secrets /*",
    "“x” | fetch secrets",
    "x\u2028| fetch secrets",
    "x\x00\x1b[31m",
    "x\ud800",
    "\\",
    "\\u0022 | fetch secrets",
    '"',
    "",
    "ü 雪 \U0001f4a5",
)
# Half a character cannot be sent; it is replaced.
SENT = {"x\ud800": "x\ufffd"}


def strings(query: str) -> list[str]:
    return [value(each) for each in tokens(query) if each.kind is Kind.STRING]


@pytest.mark.parametrize("text", INJECTIONS, ids=ascii)
def test_a_text_is_one_literal_whatever_it_says(text: str) -> None:
    query = build.records("logs", [build.equals("service.name", text)], limit=5)
    assert strings(query) == [SENT.get(text, text)]
    assert [each.said for each in words(query) if each.kind == "text"] == [SENT.get(text, text)]
    verdict = judge(query)
    assert verdict.allowed, verdict.reasons
    assert verdict.tables == {"logs"}
    assert verdict.canonical == query


@given(st.text(), st.text(min_size=1))
def test_texts_and_words_stay_where_they_are_put(text: str, typed: str) -> None:
    try:
        clauses = [build.contains(text), build.among("a.b", [text, "x"]), *build.words(typed)]
    except BadRequest:
        return
    query = build.records("logs", clauses, limit=1, span=(0, 60), buckets=[text])
    count = 2 + 3 + len(build.words(typed))
    assert len(strings(query)) == count
    assert strings(query)[1:3] == [text, text]
    assert [each.said for each in words(query) if each.kind == "text"] == strings(query)
    assert judge(query).allowed


@given(st.text(max_size=30))
def test_a_field_is_one_name_or_none(name: str) -> None:
    try:
        written = build.field(name)
    except BadRequest:
        return
    (token,) = tokens(written)
    assert token.kind in (Kind.WORD, Kind.FIELD)
    assert token.name == name


@pytest.mark.parametrize("name", ["a`b", "a\\", "a\nb", "", "x" * 251, "\u2029"], ids=ascii)
def test_what_is_no_field(name: str) -> None:
    with pytest.raises(BadRequest):
        build.field(name)


def test_a_search_as_people_type_it() -> None:
    assert build.words('timeout "pool exhausted" -debug /api/v2') == [
        'matchesPhrase(content, "timeout")',
        'matchesPhrase(content, "pool exhausted")',
        'not (matchesPhrase(content, "debug"))',
        'contains(content, "/api/v2", caseSensitive:false)',
    ]
    assert build.split('a "b c" -d') == ["a", "b c"]
    with pytest.raises(BadRequest, match="at most 20 words"):
        build.words("x " * 21)


def test_conditions() -> None:
    a, b = build.equals("a", 1), build.equals("b", value=True)
    assert build.every(a, build.negated(b)) == "(a == 1) and (not (b == true))"
    assert build.either(a, b) == "(a == 1) or (b == true)"
    assert build.field("from") == "`from`"
    assert build.field("k8s.pod.name") == "k8s.pod.name"
    assert build.field("a-b") == "`a-b`"


HARMLESS = (
    "fetch logs",
    'fetch logs, from:-2h | filter loglevel == "ERROR" | sort timestamp desc | limit 10',
    "fetch logs // the newest\n| limit 5",
    "fetch logs /* of all */ | summarize n = count(), by:{service.name, bin(timestamp, 5m)}",
    'fetch logs | filter contains(content, "| load secrets") and not matchesPhrase(content, "x")',
    "fetch logs | fieldsAdd first = split[0], `odd name`[1], r[`a.b`], all[] | fields x",
    "fetch logs | lookup [fetch dt.entity.host | fields id], sourceField:a, lookupField:id",
    "fetch logs | filter dt.entity.host in [fetch dt.entity.host | fields id]",
    'fetch logs | parse content, """LD "took" INT:ms"""',
    "timeseries p = avg(dt.service.request.response_time), by:{dt.entity.service}, from:now()-2h",
    "fetch dt.davis.problems | dedup display_id, sort:{timestamp desc}",
    "fetch spans, samplingRatio:100 | makeTimeseries count(), interval:1m",
    'smartscapeNodes "HOST" | limit 3',
)
BAD = {
    "load": ('load "/lookups/x"', "not allowed"),
    "load in a lookup": ('fetch logs | lookup [load "/lookups/x"], sourceField:a', "not allowed"),
    "load in a join": ('fetch logs | join[load "/x"], on:{a}', "not allowed"),
    "load after in": ('fetch logs | filter a in[load "/x"]', "not allowed"),
    "load as an index": ('fetch logs | fields a[load "/x"]', "not allowed"),
    "load three deep": (
        'fetch logs | append [fetch events | append [fetch spans | append [load "/x"]]]',
        "not allowed",
    ),
    "load with odd case": ('LOAD "/x"', "not allowed"),
    "load behind a comment": ('fetch logs /* | */ | /**/ load "/x"', "not allowed"),
    "rows that are made up": ("fetch logs | append [data record(a = 1)]", "makes rows up"),
    "an unknown command": ("fetch logs | fieldsSend x", "not among the commands"),
    "an unknown command as an index": ("fetch logs | fields a[newsource logs]", "not among"),
    "a table": ("fetch bizevents", "may not be read"),
    "a table in backticks": ("fetch `user.sessions`", "may not be read"),
    "a table in brackets": (
        "fetch logs | append [fetch dt.system.query_executions]",
        "not be read",
    ),
    "a table that is a text": ('fetch "logs"', "names no table"),
    "no table": ("fetch , from:-2h", "names no table"),
    "the scan limit": ("fetch logs, scanLimitGBytes:-1", "set from outside"),
    "the scan limit in backticks": ("fetch logs, `scanLimitGBytes`:-1", "set from outside"),
    "an unknown option": ("fetch logs, federated:true", "not known"),
    "a filter first": ("filter a == 1", "cannot stand first"),
    "a source later": ("fetch logs | fetch logs", "may only begin"),
    "nothing": ("", "a command is missing"),
    "a pipe too much": ("fetch logs |", "a command is missing"),
    "two pipes": ("fetch logs || limit 1", "a command is missing"),
    "a text that is not closed": ('fetch logs | filter a == "x', "not closed"),
    "a text over two lines": ('fetch logs | filter a == "x\ny"', "not closed"),
    "a name that is not closed": ("fetch logs | fields `a", "not closed"),
    "a comment that is not closed": ("fetch logs /* x", "not closed"),
    "a comment in a comment": ("fetch logs /* /* */ */", "inside a comment"),
    "single quotes": ("fetch logs | filter a == 'x'", "double quotes"),
    "typographic quotes": ("fetch logs | filter a == “x”", "U+201C"),
    "a blank that is none": ("fetch\u00a0logs", "U+00A0"),
    "a raw text that may go on": ('fetch logs | parse a, """x\\""" + """ | load "y" """', '\\"'),
    "a raw text with four quotes": ('fetch logs | parse a, """x""""', "end with a quote"),
    "texts side by side": ('fetch logs | filter a == "x""y"', "side by side"),
    "a bracket too few": ("fetch logs | append [fetch events", "not closed"),
    "a bracket too much": ("fetch logs ]", "not opened"),
    "brackets that do not match": ("fetch logs | filter (a}", "do not match"),
    "a pipe in brackets": ("fetch logs | filter (a | b)", "inside brackets"),
    "too deep": ("fetch logs" + " | append [fetch logs" * 9 + "]" * 9, "too deeply"),
    "very deep": ("fetch logs | filter " + "(" * 5_000, "too deeply"),
    "too long": ("fetch logs " + " " * 20_000, "more than 20000"),
    "a semicolon": ("fetch logs; fetch events", "no meaning"),
    "buckets that are no texts": ("fetch logs, bucket:{a}", "written as texts"),
}


@pytest.mark.parametrize("query", HARMLESS)
def test_harmless_queries(query: str) -> None:
    verdict = judge(query)
    assert verdict.allowed, [str(each) for each in verdict.reasons]
    assert judge(verdict.canonical) == verdict


@pytest.mark.parametrize("query, says", BAD.values(), ids=BAD.keys())
def test_bad_queries(query: str, says: str) -> None:
    verdict = judge(query)
    assert not verdict.allowed
    assert says in " ".join(map(str, verdict.reasons))
    assert verdict.canonical == ""


@given(st.text(alphabet='fetch logs|"`/*[](){},:x\\\n=-load', max_size=60))
def test_it_never_raises_and_stands_by_its_word(query: str) -> None:
    verdict = judge(query)
    if verdict.allowed:
        again = judge(verdict.canonical)
        assert again == verdict
        assert "load" not in [each.text for each in tokens(verdict.canonical)[:1]]


@given(st.text(alphabet='a "`|/*\\\n[]', max_size=30))
def test_both_readers_see_the_same_texts(query: str) -> None:
    try:
        ours = tokens(query)
    except Malformed:
        return
    theirs = words(write(ours))
    assert [value(each) for each in ours if each.kind is Kind.STRING] == [
        each.said for each in theirs if each.kind == "text"
    ]


@pytest.mark.parametrize(
    "query, named",
    [
        ("fetch logs", {"*"}),
        ('fetch logs, bucket:{"a", "b_*"}', {"a", "b_*"}),
        ('fetch logs, bucket:"a" | limit 1', {"a"}),
        ('fetch logs | filter dt.system.bucket == "a" and x == 1', {"a"}),
        ('fetch logs | filter x == 1 | filter in(dt.system.bucket, {"a", "b"})', {"a", "b"}),
        ('fetch logs | filter matchesValue(dt.system.bucket, "a*")', {"a*"}),
        ('fetch logs | filter dt.system.bucket == "a" or x == 1', {"*"}),
        ('fetch logs | filter not dt.system.bucket == "a"', {"*"}),
        ('fetch logs | filter dt.system.bucket != "a"', {"*"}),
        ('fetch logs | filterOut dt.system.bucket == "a"', {"*"}),
        ('fetch logs | filter (dt.system.bucket == "a") == false', {"*"}),
        ('fetch logs | fieldsAdd dt.system.bucket = "a" | filter dt.system.bucket == "a"', {"*"}),
        ('fetch logs, bucket:{"a"} | append [fetch events]', {"a", "*"}),
        ('fetch logs, bucket:{"a"} | lookup [fetch dt.entity.host], sourceField:x', {"a"}),
        ("timeseries avg(x)", set[str]()),
    ],
)
def test_buckets_are_never_fewer_than_are_read(query: str, named: set[str]) -> None:
    verdict = judge(query)
    assert verdict.allowed, verdict.reasons
    assert verdict.buckets == named


def test_rules_may_be_wider_and_narrower() -> None:
    assert judge("fetch bizevents", Rules(tables=frozenset({"bizevents"}))).allowed
    assert not judge("fetch logs", Rules(tables=frozenset({"bizevents"}))).allowed
    assert not judge("fetch logs", Rules(need_bucket=True)).allowed
    assert judge('fetch logs, bucket:"a"', Rules(need_bucket=True)).allowed


def test_a_reason_says_where() -> None:
    (reason,) = judge("fetch logs | load").reasons
    assert str(reason).startswith("at character 14, in load: this command is not allowed:")


@pytest.mark.parametrize(
    "query, span",
    [
        ("fetch logs", (900, 1_000)),
        ("fetch logs, from:-2m", (880, 1_000)),
        ("fetch logs, from:-2m, to:-1m", (880, 1_000)),
        ("fetch logs, from:now() - 1h", (-2_600, 1_000)),
        ("fetch logs, from:now()-1h, to:now()", (-2_600, 1_000)),
        ('fetch logs, from:"1970-01-01T00:10:00Z"', (600, 1_000)),
        ('fetch logs, timeframe:"1970-01-01T00:05:00Z/1970-01-01T00:10:00Z"', (300, 1_000)),
        ("fetch logs | append [fetch events, from:-1d]", (1_000 - 86_400, 1_000)),
        ("fetch logs, from:x", None),
        ("fetch logs, from:-2h@d", None),
        ('fetch logs, timeframe:"yesterday/now"', None),
        ("timeseries avg(x), from:-30d", (1_000 - 30 * 86_400, 1_000)),
    ],
)
def test_the_widest_time_that_is_read(query: str, span: tuple[float, float] | None) -> None:
    verdict = judge(query)
    assert verdict.allowed, verdict.reasons
    assert times.span(verdict.times, 900, 1_000, 1_000) == span


def test_a_function_with_from_has_no_times() -> None:
    assert judge("fetch logs | fieldsAdd a = substring(content, from:0, to:20)").times == ()
    assert judge("fetch logs | summarize count()").transforming
    assert not judge("fetch logs | limit 1").transforming
