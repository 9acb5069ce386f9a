"""The functions of eval."""

import hashlib
import ipaddress
import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import cast

import orjson

from practice.splunk.spl import expression, moments
from practice.splunk.spl.values import Malformed, Row, Value, many, number, one_or_many, order, text

Formula = Callable[[Row], Value]
Now = Callable[[], float]
Plain = Callable[..., Value]


def truth(value: Value) -> bool:
    """Tell whether a condition holds; what is not there does not."""
    return bool(value) and value not in ("false", "0")


def called(name: str, arguments: Sequence[Formula], now: Now) -> Formula:
    """Give the call of a function as a function of a row."""
    lower = name.lower()
    if lower in LAZY:
        return LAZY[lower](arguments)
    if lower in TIMED:
        return TIMED[lower](arguments, now)
    plain = PLAIN.get(lower)
    if plain is None:
        raise Malformed(f"The '{name}' function is unsupported or undefined.")

    def formula(row: Row) -> Value:
        try:
            return plain(*(argument(row) for argument in arguments))
        except (TypeError, ValueError, OverflowError, ZeroDivisionError):
            return None

    return formula


def _if(arguments: Sequence[Formula]) -> Formula:
    if len(arguments) != 3:
        raise Malformed("The arguments to the 'if' function are invalid.")
    condition, yes, no = arguments
    return lambda row: yes(row) if truth(condition(row)) else no(row)


def _case(arguments: Sequence[Formula]) -> Formula:
    if len(arguments) % 2:
        raise Malformed("The arguments to the 'case' function are invalid.")
    pairs = list(zip(arguments[::2], arguments[1::2], strict=True))

    def formula(row: Row) -> Value:
        return next((value(row) for condition, value in pairs if truth(condition(row))), None)

    return formula


def _validate(arguments: Sequence[Formula]) -> Formula:
    pairs = list(zip(arguments[::2], arguments[1::2], strict=True))

    def formula(row: Row) -> Value:
        return next((value(row) for condition, value in pairs if not truth(condition(row))), None)

    return formula


def _coalesce(arguments: Sequence[Formula]) -> Formula:
    def formula(row: Row) -> Value:
        return next((found for each in arguments if (found := each(row)) is not None), None)

    return formula


def _now(_arguments: Sequence[Formula], now: Now) -> Formula:
    return lambda _row: int(now())


def _relative(arguments: Sequence[Formula], _now: Now) -> Formula:
    at, shift = arguments
    return lambda row: moments.parse(text(shift(row)), float(number(at(row)) or 0))


def _searched(arguments: Sequence[Formula], now: Now) -> Formula:
    wanted = expression.read(text(arguments[0]({})), now()).criterion
    return wanted.meets


def _round(value: Value, digits: Value = 0) -> Value:
    found, places = number(value), int(number(digits) or 0)
    if found is None:
        return None
    # Half away from zero, as Splunk rounds; Python rounds half to even.
    scaled = found * 10**places
    whole = math.floor(abs(scaled) + 0.5) * (1 if scaled >= 0 else -1)
    return whole / 10**places if places else whole


def _substr(value: Value, start: Value, length: Value = None) -> Value:
    begin = int(number(start) or 1)
    whole = text(value)
    begin = begin - 1 if begin > 0 else len(whole) + begin
    return whole[begin:] if length is None else whole[begin : begin + int(number(length) or 0)]


def _tonumber(value: Value, base: Value = 10) -> Value:
    chosen = int(number(base) or 10)
    return number(value) if chosen == 10 else int(text(value), chosen)


def _tostring(value: Value, form: Value = None) -> Value:
    if isinstance(value, bool):
        return "True" if value else "False"
    found = number(value)
    if form is None or found is None:
        return text(value)
    if form == "hex":
        return hex(int(found))
    if form == "commas":
        return f"{found:,}" if isinstance(found, int) else f"{found:,.2f}"
    hours, rest = divmod(int(found), 3600)
    return f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"


def _strftime(at: Value, form: Value) -> Value:
    moment = datetime.fromtimestamp(float(number(at) or 0), UTC)
    plain = re.sub(r"%[3]?[QN]", f"{moment.microsecond // 1000:03d}", text(form))
    return moment.strftime(plain.replace("%F", "%Y-%m-%d").replace("%T", "%H:%M:%S"))


def _strptime(value: Value, form: Value) -> Value:
    plain = text(form).replace("%3N", "%f").replace("%Q", "%f")
    found = datetime.strptime(text(value), plain.replace("%F", "%Y-%m-%d"))  # noqa: DTZ007 -- next
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _mvindex(value: Value, start: Value, end: Value = None) -> Value:
    found, first = many(value), int(number(start) or 0)
    if end is None:
        return found[first] if -len(found) <= first < len(found) else None
    last = int(number(end) or 0)
    return one_or_many(found[first : last + 1 if last != -1 else None])


def _typeof(value: Value) -> Value:
    if value is None:
        return "Invalid"
    if isinstance(value, bool):
        return "Boolean"
    return "Number" if isinstance(value, int | float) else "String"


def _json(value: Value, path: Value = "") -> Value:
    found: object = orjson.loads(text(value))
    for step in re.findall(r"[^.{}]+", text(path)):
        if isinstance(found, list):
            found = cast("list[object]", found)[int(step)]
        else:
            found = cast("dict[str, object]", found).get(step)
    if found is None or isinstance(found, str | int | float):
        return found
    return orjson.dumps(found).decode()


def _digest(name: str) -> Callable[[Value], Value]:
    def digest(value: Value) -> Value:
        return hashlib.new(name, text(value).encode(), usedforsecurity=False).hexdigest()

    return digest


def _numeric(compute: Callable[[float], float]) -> Callable[[Value], Value]:
    def function(value: Value) -> Value:
        found = number(value)
        return None if found is None else compute(found)

    return function


def _inside(network: Value, address: Value) -> Value:
    return ipaddress.ip_address(text(address)) in ipaddress.ip_network(text(network), strict=False)


def like(value: Value, pattern: Value) -> Value:
    """Match with `%` for any text and `_` for any letter, as in SQL."""
    plain = re.escape(text(pattern)).replace("%", ".*").replace("_", ".")
    return re.fullmatch(plain, text(value), re.DOTALL) is not None


def _log(value: Value, base: Value = 10) -> Value:
    return math.log(float(number(value) or 0), float(number(base) or 10))


def _max(*values: Value) -> Value:
    return max((each for each in values if each is not None), key=order)


def _min(*values: Value) -> Value:
    return min((each for each in values if each is not None), key=order)


def _in(value: Value, *choices: Value) -> Value:
    return text(value) in map(text, choices)


def _trim(value: Value, letters: Value = None) -> Value:
    return text(value).strip(text(letters) or None)


def _ltrim(value: Value, letters: Value = None) -> Value:
    return text(value).lstrip(text(letters) or None)


def _rtrim(value: Value, letters: Value = None) -> Value:
    return text(value).rstrip(text(letters) or None)


def _replace(value: Value, pattern: Value, new: Value) -> Value:
    return re.sub(text(pattern), text(new), text(value))


def _mvappend(*values: Value) -> Value:
    return one_or_many([each for value in values for each in many(value)])


LAZY: dict[str, Callable[[Sequence[Formula]], Formula]] = {
    "if": _if,
    "case": _case,
    "validate": _validate,
    "coalesce": _coalesce,
}
TIMED: dict[str, Callable[[Sequence[Formula], Now], Formula]] = {
    "now": _now,
    "time": _now,
    "relative_time": _relative,
    "searchmatch": _searched,
}
NONE: dict[str, Callable[[], Value]] = {
    "pi": lambda: math.pi,
    "null": lambda: None,
    "true": lambda: True,
    "false": lambda: False,
}
ONE: dict[str, Callable[[Value], Value]] = {
    "abs": _numeric(abs),
    "ceil": _numeric(math.ceil),
    "ceiling": _numeric(math.ceil),
    "exp": _numeric(math.exp),
    "floor": _numeric(math.floor),
    "ln": _numeric(math.log),
    "sqrt": _numeric(math.sqrt),
    "isnull": lambda value: value is None,
    "isnotnull": lambda value: value is not None,
    "isnum": lambda value: number(value) is not None,
    "isint": lambda value: isinstance(number(value), int),
    "isstr": lambda value: isinstance(value, str) and number(value) is None,
    "typeof": _typeof,
    "len": lambda value: None if value is None else len(text(value)),
    "lower": lambda value: None if value is None else text(value).lower(),
    "upper": lambda value: None if value is None else text(value).upper(),
    "mvcount": lambda value: len(many(value)) or None,
    "mvdedup": lambda value: one_or_many(list(dict.fromkeys(many(value)))),
    "mvsort": lambda value: one_or_many(sorted(many(value))),
    "md5": _digest("md5"),
    "sha1": _digest("sha1"),
    "sha256": _digest("sha256"),
}
TWO: dict[str, Callable[[Value, Value], Value]] = {
    "pow": lambda one, two: float(number(one) or 0) ** float(number(two) or 0),
    "nullif": lambda one, two: None if text(one) == text(two) else one,
    "match": lambda value, pattern: re.search(text(pattern), text(value)) is not None,
    "like": like,
    "cidrmatch": _inside,
    "strftime": _strftime,
    "strptime": _strptime,
    "split": lambda value, by: text(value).split(text(by)),
    "mvjoin": lambda value, by: text(by).join(many(value)),
}
PLAIN: dict[str, Plain] = {
    **NONE,
    **ONE,
    **TWO,
    "log": _log,
    "round": _round,
    "max": _max,
    "min": _min,
    "in": _in,
    "trim": _trim,
    "ltrim": _ltrim,
    "rtrim": _rtrim,
    "substr": _substr,
    "replace": _replace,
    "tonumber": _tonumber,
    "tostring": _tostring,
    "mvindex": _mvindex,
    "mvappend": _mvappend,
    "json_extract": _json,
    "spath": _json,
}
