"""What a verdict tells: indexes, times, lookups, shape, and what will run."""

import pytest

from bailiwick_observability.spl.guard import Rules, judge
from bailiwick_observability.spl.macros import Macro

MACROS = {
    "errors": Macro("(index=web error)"),
    "of(1)": Macro('user="$who$"', ("who",)),
    "two(2)": Macro("$a$ OR $b$", ("a", "b")),
    "tail": Macro("stats count | sort - count ```x```"),
    "nest": Macro("`errors` `of(ana)`"),
    "loop": Macro("`pool`"),
    "pool": Macro("`loop`"),
    "wipe": Macro("delete"),
    "bomb0": Macro("x" * 1000),
    "bomb1": Macro("`bomb0`" * 20),
    "bomb2": Macro("`bomb1`" * 20),
    "row": Macro("user=$user$"),
    "slash": Macro(r'"a\\" OR "b"'),
    "half": Macro('"open'),
}
SAVED = {
    "nightly": "index=web error | `tail`",
    "model": "| from datamodel:x",
    "wipes": "index=web | delete",
    "self": "| savedsearch self",
    "my search": "| tstats count where index=web",
}
RULES = Rules(macros=MACROS.get, saved_searches=SAVED.get)


def canonical(search: str, rules: Rules = RULES) -> str:
    verdict = judge(search, rules)
    assert [str(reason) for reason in verdict.reasons] == []
    assert judge(verdict.canonical, rules).canonical == verdict.canonical
    return verdict.canonical


def refused(search: str, rules: Rules = RULES) -> str:
    verdict = judge(search, rules)
    assert not verdict.allowed
    return "\n".join(map(str, verdict.reasons))


@pytest.mark.parametrize(
    ("search", "runs"),
    [
        ("  index=web\n\t error ", "search index=web error"),
        ("index=web ```c``` error", "search index=web error"),
        ("index=web|STATS```c```count", "search index=web | stats count"),
        ('index=web "a  b\n c"', 'search index=web "a  b\n c"'),
        ("|tstats count where index=web", "| tstats count where index=web"),
        ("| search index=web", "search index=web"),
        ("search(index=web)", "search (index=web)"),
        ("search=x index=web", "search search=x index=web"),
        ("index=web [|inputlookup a|fields b]", "search index=web [| inputlookup a | fields b]"),
        ("index=web | appendpipe [  stats count ]", "search index=web | appendpipe [stats count]"),
        (
            'index=web | map maxsearches=2 search="search index=app ```c``` \\"a  b\\""',
            'search index=web | map search="search index=app \\"a  b\\"" maxsearches=2',
        ),
    ],
)
def test_what_runs_is_what_was_judged(search: str, runs: str) -> None:
    assert canonical(search) == runs


@pytest.mark.parametrize(
    ("search", "runs"),
    [
        ("`errors` | `tail`", "search (index=web error) | stats count | sort - count"),
        ('`errors` `of("a b")`', 'search (index=web error) user="a b"'),
        ("index=web (`two(x, y)`)", "search index=web (x OR y)"),
        ("`nest`", 'search (index=web error) user="ana"'),
        (
            'index=web | map search="search `errors`"',
            'search index=web | map search="search (index=web error)"',
        ),
        ("| savedsearch nightly", "search index=web error | stats count | sort - count"),
        ('| savedsearch "my search" | head 1', "| tstats count where index=web | head 1"),
        ("| from savedsearch:nightly", "search index=web error | stats count | sort - count"),
        ('| from savedsearch:"my search"', "| tstats count where index=web"),
        (
            "index=app | append [| savedsearch nightly]",
            "search index=app | append [search index=web error | stats count | sort - count]",
        ),
    ],
)
def test_what_is_named_is_put_in(search: str, runs: str) -> None:
    assert canonical(search) == runs


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("index=web | `wipe`", "hides events"),
        ("index=web | `nobody`", "the macro nobody is not known"),
        ("index=web `of`", "the macro of is not known"),
        ("index=web `two(a)`", "the macro two(1) is not known"),
        ("index=web `loop`", "leads back to itself"),
        ("index=web `bomb2`", "too long"),
        ("index=web `half`", "in the macro half: a double quote is never closed"),
        ('index=web `of(x" | delete | search "y)`', ""),
        ('index=web | map search="search index=b `row`"', "row's values"),
        ('index=web | map search="search index=b (`slash`)"', "a backslash"),
        ("index=web ``", "backtick"),
        ("index=web `a b`", "no macro's name"),
        ("| savedsearch wipes", "hides events"),
        ("| savedsearch model", "data models"),
        ("| savedsearch self", "leads back to itself"),
        ("| savedsearch nobody", "'nobody' is not known here"),
        ("| savedsearch nightly token=x", "its name and nothing more"),
        ("index=web | savedsearch nightly", "begins a search"),
    ],
)
def test_what_it_names_is_judged_as_well(search: str, said: str) -> None:
    assert said in refused(search)


def test_reasons_stand_where_they_were_written() -> None:
    verdict = judge('index=web | map search="search index=b | delete" | rest /x')
    assert [(r.at, r.command) for r in verdict.reasons] == [(23, "delete"), (51, "rest")]


@pytest.mark.parametrize(
    ("search", "times"),
    [
        ("index=web earliest=-24h latest=now", (("earliest", "-24h"), ("latest", "now"))),
        ("index=web EARLIEST = -1d@d", (("earliest", "-1d@d"),)),
        ("| tstats count where index=web earliest=-7d by host", (("earliest", "-7d"),)),
        (
            "index=web earliest=-1h [search index=b earliest=-2d | fields x]",
            (("earliest", "-1h"), ("earliest", "-2d")),
        ),
        ('index=web | map search="search index=b earliest=-9d"', (("earliest", "-9d"),)),
        ("index=web _index_earliest=-1h", (("_index_earliest", "-1h"),)),
        ("index=web | stats earliest(x) | where earliest > 5", ()),
    ],
)
def test_times(search: str, times: tuple[tuple[str, str], ...]) -> None:
    verdict = judge(search)
    assert (verdict.allowed, verdict.times) == (True, times)


def test_without_a_range_beside_it_each_search_says_its_own() -> None:
    rules = Rules(outside_times=False)
    assert "no beginning in time" in refused("index=web", rules)
    assert "no beginning" in refused("index=web earliest=-1h | append [search index=b]", rules)
    assert judge("index=web earliest=-1h | search x", rules).allowed


def test_lookups() -> None:
    search = (
        'index=web | lookup local=t Users user | eval x=lookup("teams", y)'
        " | append [| inputlookup append=t hosts] | append [| from lookup:sites]"
    )
    verdict = judge(search)
    assert verdict.allowed
    assert verdict.lookups == {"users", "teams", "hosts", "sites"}
    assert "'hosts' may not be read" in refused(search, Rules(lookups=frozenset({"users"})))
    assert "plainly" in refused("index=web | eval x=lookup(y, z)")


def test_rules_widen_one_thing_each() -> None:
    assert judge("error", Rules(need_index=False)).indexes == {"*"}
    assert judge(
        "index=web OR tag=x", Rules(need_index=False, allow_event_types=True)
    ).unbounded_index
    assert judge("index=web tag=x", Rules(allow_event_types=True)).allowed
    models = Rules(allow_datamodels=True)
    assert judge("| from datamodel:A.B | stats count", models).allowed
    assert judge("| tstats count from datamodel=A where index=web", models).allowed
    assert not judge("index=web | stats count", Rules(commands=frozenset({"search"}))).allowed


@pytest.mark.parametrize(
    ("search", "transforming"),
    [
        ("index=web", False),
        ("index=web | eval x=1 | sort x | eventstats count", False),
        ("index=web | stats count | head 1", True),
        ("index=web | append [search index=web | stats count]", False),
        ("index=web | table host", True),
        ("| tstats count where index=web", True),
    ],
)
def test_transforming(search: str, transforming: bool) -> None:
    assert judge(search).transforming is transforming


def test_sizes_are_limited() -> None:
    assert "longer than 20000 characters" in refused("index=web " + "x" * 20_000)
    assert "nest too deep" in refused("index=web " + "| append [search index=b " * 9 + "]" * 9)
    assert "nest too deep" in refused("index=web " + "(" * 50 + "x" + ")" * 50)
    assert "nest too deep" in refused("index=web " + "NOT " * 500)
    deep = "index=web " + "[" * 19_000
    assert not judge(deep).allowed
