"""Expressions that make a value of a type from a row's number: the likeliest one first.

The number is ``g.n``, a bigint from 1. The first expressions give another value for each row where
the type has enough of them, so that unique columns are unique by themselves; the others are for
columns with conditions. Constants that a condition names are tried as well.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, pairwise

from ceremony.core.filling.table import Type

NUMBER = "g.n"
_EPOCH = "2020-01-01 00:00:00+00"
_PAIRS = 6

_STRINGS: Sequence[str] = (
    "'value ' || {n}",
    "'v' || {n}",
    "'v-' || {n}",
    "'user' || {n} || '@example.org'",
    "{n}::text",
    "'https://example.org/' || {n}",
    "'+1555' || pg_catalog.lpad(({n} % 10000000)::text, 7, '0')",
    "pg_catalog.lpad({n}::text, 10, '0')",
    "'#' || pg_catalog.lpad(pg_catalog.to_hex({n} % 16777216), 6, '0')",
    "pg_catalog.md5({n}::text)",
    "pg_catalog.upper(pg_catalog.md5({n}::text))",
    "'V' || {n}",
    "'V-' || {n}",
    "pg_catalog.md5({n}::text) || pg_catalog.md5(({n} + 1)::text)",
    "pg_catalog.md5({n}::text)::uuid::text",
    "pg_catalog.chr((97 + {n} % 26)::int)",
    "pg_catalog.chr((65 + {n} % 26)::int)",
    "'en'",
    "'EN'",
    "'EUR'",
    "'UTC'",
    "''",
)
_WHOLE = ("{n}", "{n} % 1000", "{n} % 100", "{n} % 5 + 1", "1", "0", "-{n}")
_PARTS = ("{n}", "({n} % 1000) / 10.0", "({n} % 100) / 100.0", "{n} % 5 + 1", "1", "0", "-{n}")
_MINUTE = "{n} * interval '1 minute'"
_MOMENTS = tuple(
    f"timestamptz '{_EPOCH}' + {step}"
    for step in (_MINUTE, f"{_MINUTE} + interval '1 day'", f"{_MINUTE} + interval '400 days'")
)
_TIMESTAMPS = (*_MOMENTS, "pg_catalog.now()", "pg_catalog.now() + interval '1 year'")
_BOX = "pg_catalog.box(pg_catalog.point({n}, {n}), pg_catalog.point({n} + 1, {n} + 1))"

_BY_BASE: Mapping[str, Sequence[str]] = {
    "int2": ("{n} % 32768", *_WHOLE[1:]),
    "int4": _WHOLE,
    "int8": _WHOLE,
    "oid": _WHOLE[:6],
    "float4": _PARTS,
    "float8": _PARTS,
    "numeric": _PARTS,
    "money": ("({n} % 1000000)::numeric",),
    "bool": ("{n} % 2 = 0", "true", "false"),
    "date": ("date '2020-01-01' + ({n} % 20000)::int", "current_date", "current_date + 400"),
    "timestamptz": _TIMESTAMPS,
    "timestamp": _TIMESTAMPS,
    "time": ("time '00:00' + ({n} % 86400) * interval '1 second'",),
    "timetz": ("time '00:00' + ({n} % 86400) * interval '1 second'",),
    "interval": (_MINUTE, "interval '1 day'"),
    "uuid": ("pg_catalog.md5({n}::text)::uuid",),
    "json": ("pg_catalog.json_build_object('n', {n})", "'{{}}'::json", "'[]'::json"),
    "jsonb": (
        "pg_catalog.jsonb_build_object('n', {n})",
        "pg_catalog.jsonb_build_array({n})",
        "'{{}}'::jsonb",
        "'[]'::jsonb",
        "pg_catalog.to_jsonb({n})",
        "pg_catalog.to_jsonb({n}::text)",
    ),
    "bytea": ("pg_catalog.decode(pg_catalog.md5({n}::text), 'hex')",),
    "inet": ("inet '10.0.0.0' + {n}",),
    "cidr": ("pg_catalog.set_masklen(inet '10.0.0.0' + {n}, 32)::cidr",),
    "macaddr": ("('02' || pg_catalog.lpad(pg_catalog.to_hex({n}), 10, '0'))::macaddr",),
    "macaddr8": ("('02' || pg_catalog.lpad(pg_catalog.to_hex({n}), 14, '0'))::macaddr8",),
    "bit": ("{n}",),
    "varbit": ("{n}::bit(64)",),
    "xml": ("xmlelement(name value, {n})",),
    "tsvector": ("pg_catalog.to_tsvector('simple', 'value ' || {n})",),
    "tsquery": ("pg_catalog.to_tsquery('simple', 'v' || {n})",),
    "point": ("pg_catalog.point({n}, {n})",),
    "box": (_BOX,),
    "polygon": (f"pg_catalog.polygon({_BOX})",),
    "path": (f"pg_catalog.path(pg_catalog.polygon({_BOX}))",),
    "circle": ("pg_catalog.circle(pg_catalog.point({n}, {n}), 1)",),
    "lseg": ("pg_catalog.lseg(pg_catalog.point({n}, {n}), pg_catalog.point({n} + 1, {n}))",),
    "line": ("pg_catalog.line(pg_catalog.point({n}, 0), pg_catalog.point({n}, 1))",),
    "pg_lsn": ("pg_lsn '0/0' + {n}::numeric",),
    "char": ("pg_catalog.chr((97 + {n} % 26)::int)",),
    "regclass": ("'pg_catalog.pg_class'",),
    "regtype": ("'pg_catalog.int4'",),
}
"""By typname. Braces are for ``str.format``."""


def candidates(of: Type, number: str = NUMBER) -> tuple[str, ...]:
    """Expressions for values of the type; none where nothing is known to make one."""
    return tuple(f"({text})::{of.plain.name}" for text in _bare(of.plain, number))


def named_constants(of: Type, conditions: Sequence[str], number: str = NUMBER) -> tuple[str, ...]:
    """Expressions made of the constants in the conditions on a value of this type.

    All of them by turns, what lies between two of them, strings of a length that is named, and
    each by itself. What is wrong for the type or the condition is found out by trying.
    """
    plain = of.plain
    text = " ".join(conditions)
    strings = list(dict.fromkeys(re.findall(r"'(?:[^']|'')*'", text)))
    bare = re.sub(r"'(?:[^']|'')*'", "", text)
    numbers = [str(n) for n in dict.fromkeys(re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])", bare))]
    made: list[str] = []
    if plain.category == "N":
        made += _numbers([*numbers, *(s.strip("'") for s in strings)], number)
    elif plain.category == "S":
        made += _lengths(numbers, number)
    elif plain.base in ("date", "timestamp", "timestamptz"):
        made += _between(strings, plain, number)
    if plain.category != "N" and strings:
        made += [*_by_turns(strings, plain, number), *strings]
    return tuple(f"({text})::{plain.name}" for text in made)


def _bare(of: Type, number: str) -> Iterator[str]:
    special = _SPECIAL.get(of.kind)
    if special is not None:
        yield from special(of, number)
    elif of.category == "A":
        yield from (f"ARRAY[{each}]" for each in candidates(of.inner[0], number)[:4])
        yield "'{}'"
    elif of.base == "numeric" and of.size is not None:
        yield from _limited_numeric(of.size, number)
    elif of.base in _BY_BASE:
        yield from (text.format(n=number) for text in _BY_BASE[of.base])
    elif of.category == "S":
        yield from _strings(of, number)


def _strings(of: Type, number: str) -> Iterator[str]:
    if of.size is not None and of.size < 12:
        hexadecimal = f"pg_catalog.lpad(pg_catalog.to_hex({number}), {of.size}, '0')"
        yield f"pg_catalog.right({hexadecimal}, {of.size})"
    for text in _STRINGS:
        full = text.format(n=number)
        yield full if of.size is None else f'pg_catalog."left"({full}, {of.size})'


def _limited_numeric(digits: int, number: str) -> Iterator[str]:
    if digits <= 0:
        yield f"({number} % 100) / 10000.0 / 10 ^ {-digits}"
    else:
        yield f"{number} % (10 ^ {digits})::numeric"
        yield from (text.format(n=number) for text in _PARTS[1:6] if digits > 2)
        yield f"{number} % 10"


def _enum(of: Type, number: str) -> Iterator[str]:
    labels = [_quoted(label) for label in of.labels]
    if labels:
        yield f"(ARRAY[{', '.join(labels)}])[({number} - 1) % {len(labels)} + 1]"
        yield from labels


def _range(of: Type, number: str) -> Iterator[str]:
    """Ranges that do not overlap, so that an exclusion constraint lets them all in."""
    made = f"({number})"
    for lower, upper in zip(
        candidates(of.inner[0], f"(2 * {made})"),
        candidates(of.inner[0], f"(2 * {made} + 1)"),
        strict=True,
    ):
        yield f"{of.name}(LEAST({lower}, {upper}), GREATEST({lower}, {upper}))"
    yield "'empty'"


def _multirange(of: Type, number: str) -> Iterator[str]:
    yield from (f"{of.name}({each})" for each in candidates(of.inner[0], number)[:1])
    yield "'{}'"


def _composite(of: Type, number: str) -> Iterator[str]:
    fields = [next(iter(candidates(field, number)), "NULL") for field in of.inner]
    yield f"ROW({', '.join(fields)})"


_SPECIAL: Mapping[str, Callable[[Type, str], Iterator[str]]] = {
    "e": _enum,
    "r": _range,
    "m": _multirange,
    "c": _composite,
}


def _numbers(found: Sequence[str], number: str) -> Iterator[str]:
    values = sorted({float(text) for text in found if re.fullmatch(r"-?\d+(\.\d+)?", text)})
    shown = [f"{value:.15g}" for value in values]
    for low, high in islice(pairwise(shown), _PAIRS):
        yield f"{low} + {number} % GREATEST(1, ({high} - {low})::bigint)"
    for one in shown[:_PAIRS]:
        yield from (f"{one} + {number}", one, f"{one} + 1", f"{one} - 1")


def _lengths(found: Sequence[str], number: str) -> Iterator[str]:
    for length in [n for n in found if n.isdigit() and 0 < int(n) <= 4000][:_PAIRS]:
        yield f"pg_catalog.lpad({number}::text, {length}, '0')"
        yield f"pg_catalog.lpad(pg_catalog.to_hex({number}), {length}, 'a')"
        letters = f"pg_catalog.translate({number}::text, '0123456789', 'ABCDEFGHIJ')"
        yield f"pg_catalog.lpad({letters}, {length}, 'A')"


def _between(found: Sequence[str], of: Type, number: str) -> Iterator[str]:
    for low, high in islice(pairwise(found), _PAIRS):
        least, most = f"{low}::{of.name}", f"{high}::{of.name}"
        if of.base == "date":
            yield f"{least} + ({number} % GREATEST(1, ({most} - {least})))::int"
        else:
            yield f"{least} + ({most} - {least}) * (({number} % 997) / 997.0)"


def _by_turns(found: Sequence[str], of: Type, number: str) -> Iterator[str]:
    if len(found) > 1:
        values = ", ".join(f"{text}::{of.name}" for text in found)
        yield f"(ARRAY[{values}])[({number} - 1) % {len(found)} + 1]"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
