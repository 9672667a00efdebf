"""What our pages are made of: status marks, moments, durations, and hostile text made visible.

Every text from a file, a server or a person goes through ``visible``; Django's escaping does the
rest.
"""

import json
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

register = template.Library()

INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
"""Unicode categories that show nothing or change what is around them: controls, bidi marks, zero
widths.
"""

BREAK = format_html("{}<wbr>", "_")

MARKS: dict[str, tuple[str, str]] = {
    "PASS": ("✓", "ok"),
    "PARTIAL": ("◐", "wait"),
    "FAIL": ("✕", "bad"),
    "NOT RUN": ("○", "idle"),
    "NOT APPLICABLE": ("⊘", "idle"),
    "done": ("✓", "ok"),
    "applied": ("✓", "ok"),
    "already in": ("✓", "ok"),
    "baselined": ("✓", "ok"),
    "intact": ("✓", "ok"),
    "failed": ("✕", "bad"),
    "broken": ("✕", "bad"),
    "partly": ("◐", "bad"),
    "partly applied": ("◐", "bad"),
    "unknown": ("⚠", "wait"),
    "open": ("▶", "run"),
    "rolled back": ("↩", "idle"),
    "superseded": ("⊘", "idle"),
    "retired": ("⊘", "idle"),
    "same": ("✓", "ok"),
    "reworded": ("≈", "idle"),
    "missing": ("·", "bad"),
    "pending": ("○", "idle"),
    "planned": ("○", "idle"),
    "absent": ("–", "idle"),
    "not started": ("○", "idle"),
    "not run": ("○", "idle"),
    "not sent": ("○", "idle"),
    "error": ("✕", "bad"),
    "warning": ("⚠", "wait"),
    "notice": ("○", "idle"),
    "trail opened": ("○", "idle"),
    "target registered": ("○", "idle"),
    "target changed": ("⚠", "wait"),
    "ledger opened": ("○", "idle"),
    "target adopted": ("⚠", "wait"),
    "data loss accepted": ("⚠", "wait"),
    "backup made": ("✓", "ok"),
    "run opened": ("▶", "run"),
    "steps planned": ("○", "idle"),
    "step failed": ("✕", "bad"),
    "outcome unknown": ("⚠", "wait"),
    "checks recorded": ("○", "idle"),
    "settled": ("⚠", "wait"),
    "records repaired": ("⚠", "wait"),
    "run closed": ("○", "idle"),
    "snapshot taken": ("○", "idle"),
    "drift found": ("⚠", "wait"),
    "drift accepted": ("⚠", "wait"),
    "appeared": ("+", "wait"),
    "vanished": ("−", "bad"),
    "changed": ("≠", "wait"),
    "no drift": ("✓", "ok"),
    "drift": ("≠", "bad"),
    "partial": ("◐", "wait"),
    "rehearsal recorded": ("○", "idle"),
    "clean": ("✓", "ok"),
    "faulty": ("✕", "bad"),
    "fine": ("✓", "ok"),
    "refused": ("◐", "wait"),
    "differs": ("≠", "bad"),
    "fails": ("✕", "bad"),
    "restored": ("✓", "ok"),
    "cosmetic": ("✓", "ok"),
    "rights differ": ("≠", "wait"),
    "not restored": ("✕", "bad"),
    "empty although the change was not": ("✕", "bad"),
    "declared irreversible": ("⊘", "idle"),
    "cannot be undone": ("✕", "bad"),
    "no rollback file": ("✕", "bad"),
    "WAIVED": ("◐", "wait"),
    "draft": ("○", "idle"),
    "requested": ("◑", "wait"),
    "changes requested": ("↩", "bad"),
    "approved": ("●", "ok"),
    "stale": ("⚠", "wait"),
    "running": ("▶", "run"),
    "halted": ("✕", "bad"),
    "verifying": ("▶", "run"),
    "awaiting sign-off": ("◑", "wait"),
    "signed off": ("✓", "ok"),
    "rejected": ("✕", "bad"),
    "cancelled": ("⊘", "idle"),
    "expired": ("⊘", "idle"),
    "comment": ("○", "idle"),
    "approve": ("✓", "ok"),
    "request changes": ("↩", "bad"),
    "reject": ("✕", "bad"),
    "withdraw": ("↩", "wait"),
    "shut": ("✕", "bad"),
    "waits": ("◑", "wait"),
    "change": ("○", "idle"),
    "override": ("⚠", "bad"),
    "way back": ("↩", "idle"),
    "watch": ("○", "idle"),
    "watched": ("○", "idle"),
    "stop": ("✕", "bad"),
    "assess": ("○", "idle"),
    "decide": ("○", "idle"),
    "execute": ("▶", "run"),
    "document": ("○", "idle"),
    "lift": ("✓", "ok"),
    "ceremony requested": ("◑", "wait"),
    "ceremony approved": ("✓", "ok"),
    "approval withdrawn": ("↩", "wait"),
    "ceremony rejected": ("✕", "bad"),
    "ceremony cancelled": ("⊘", "idle"),
    "ceremony expired": ("⊘", "idle"),
    "round called off": ("⊘", "idle"),
    "ceremony started": ("▶", "run"),
    "ceremony overridden": ("⚠", "bad"),
    "ceremony finished": ("○", "idle"),
    "ceremony verified": ("✓", "ok"),
    "ceremony halted": ("✕", "bad"),
    "ceremony accepted as is": ("⚠", "wait"),
    "ceremony rolled back": ("↩", "idle"),
    "ceremony signed off": ("✓", "ok"),
    "way back started": ("▶", "run"),
    "signed": ("✓", "ok"),
    "password refused": ("⚠", "bad"),
    "items judged": ("○", "idle"),
    "item answered": ("○", "idle"),
    "item waived": ("◐", "wait"),
    "remark written": ("○", "idle"),
    "start ordered": ("▶", "run"),
    "start taken up": ("▶", "run"),
    "start ended": ("○", "idle"),
    "report made": ("○", "idle"),
    "trail checked": ("○", "idle"),
    "monitor breached": ("✕", "bad"),
    "target halted": ("✕", "bad"),
    "halt assessed": ("○", "idle"),
    "halt decided": ("○", "idle"),
    "halt executed": ("▶", "run"),
    "halt documented": ("○", "idle"),
    "halt lifted": ("✓", "ok"),
    "halt repeated": ("✕", "bad"),
    "compensation exported": ("○", "idle"),
}
"""Icon and kind of every word that pages show as a status. Colour is decoration: the word is always
there.
"""


def is_seen(character: str) -> bool:
    """Whether a reader sees the character: it is neither blank nor one of what shows nothing."""
    return not character.isspace() and unicodedata.category(character) not in INVISIBLE


@register.filter
def visible(text: object) -> str:
    """The text with what nobody could see written as its code point; line ends and tabs stay."""
    return "".join(
        character
        if character in "\n\t" or unicodedata.category(character) not in INVISIBLE
        else f"[U+{ord(character):04X}]"
        for character in str(text)
    )


@register.filter
def visible_line(text: object) -> str:
    """The same on one line: line ends and tabs are shown too."""
    return visible(text).replace("\n", "↵").replace("\t", "→")


@register.simple_tag
def mark(state: str, word: str = "") -> SafeString:
    """A status as icon and word. An unknown status is shown as it is, without a colour."""
    icon, kind = MARKS.get(state, ("·", "idle"))
    return format_html(
        '<span class="cer-mark cer-{}"><span aria-hidden="true">{}</span> {}</span>',
        kind,
        icon,
        visible_line(word or state),
    )


@register.filter
def breakable(text: object) -> SafeString:
    """The same on a line that may end after each underscore: names of migrations are long."""
    parts = visible_line(text).split("_")
    return format_html_join(BREAK, "{}", ((part,) for part in parts))


def titled(title: str, beside: str) -> SafeString:
    """The cell of a list that names its row: a title, and below it what tells it from others."""
    return format_html(
        '<span class="cer-title">{}</span> <span class="cer-below">{}</span>',
        breakable(title),
        visible_line(beside),
    )


@register.simple_tag
def moment(at: datetime | None) -> SafeString:
    """How long ago something was, with the moment in UTC as a title; a dash for never."""
    if at is None:
        return format_html("{}", "–")
    return _time(at, format_html('<span class="cer-time">{}</span>', _ago(at)))


@register.simple_tag
def moment_utc(at: datetime | None) -> SafeString:
    """The moment in UTC, to the second; a dash for never."""
    if at is None:
        return format_html("{}", "–")
    utc = at.astimezone(UTC)
    day_and_time = format_html(
        '<span class="cer-time">{}</span> <span class="cer-time">{}</span>',
        f"{utc:%Y-%m-%d}",
        f"{utc:%H:%M:%S}",
    )
    return _time(at, day_and_time)


@register.filter
def duration(seconds: float | None) -> str:
    """``0.4 ms``, ``12 ms``, ``3.2 s``, ``2 min 32 s``: as exact as a person needs it.

    Nothing measured (none, or exactly zero) is a dash.
    """
    if not seconds:
        return "–"
    if seconds < 0.0001:
        return "< 0.1 ms"
    if seconds < 0.001:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


@register.filter
def short_digest(digest: str) -> str:
    """The first eight hexadecimal digits, without the algorithm in front."""
    return visible_line(digest.rpartition(":")[2][:8])


@register.filter
def server_version(number: Any) -> str:
    """PostgreSQL's version number (180004) as it is spoken (18.4); a dash for none."""
    return f"{int(number) // 10000}.{int(number) % 10000}" if number else "–"


@register.inclusion_tag("ceremony/partials/server_error.html")
def server_error(error: dict[str, Any]) -> dict[str, Any]:
    """The server's error with the line of the file that it points at, and a caret below."""
    before = visible_line(error.get("source_line", "")[: max(error.get("column", 0) - 1, 0)])
    return {"error": error, "indent": " " * len(before)}


@register.inclusion_tag("ceremony/partials/evidence.html")
def evidence(found: Mapping[str, Any]) -> dict[str, Any]:
    """What a result rests on: words and numbers as lines, the rest as JSON to be opened. The note
    of an answer is its explanation, and stands there.
    """
    plain = {name: _in_words(value) for name, value in found.items() if name != "note"}
    more = {name: found[name] for name, text in plain.items() if text is None}
    lines = [(name.replace("_", " "), text) for name, text in plain.items() if text is not None]
    return {"plain": lines, "more": json.dumps(more, indent=2, ensure_ascii=False) if more else ""}


def _in_words(value: Any) -> str | None:
    """A value as a line; ``None`` for one that has parts of parts."""
    if value in ([], {}, None, ""):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return ", ".join(str(one) for one in value)
    return None


def _ago(at: datetime) -> str:
    now = timezone.now()
    if (now - at).total_seconds() < 60:
        return "just now"
    return f"{timesince(at, now, depth=1)} ago"


def _time(at: datetime, text: SafeString) -> SafeString:
    utc = at.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        f"{utc:%Y-%m-%dT%H:%M:%SZ}",
        f"{utc:%Y-%m-%d %H:%M:%S}",
        text,
    )
