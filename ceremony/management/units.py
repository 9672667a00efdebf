"""Numbers in human units: times, counts, moments."""

from datetime import UTC, datetime

_PLURALS = {"entry": "entries", "series": "series", "index": "indexes"}


def duration(seconds: float) -> str:
    """``34 ms``, ``1.2 s``, ``42 s``, ``2 min 5 s``, ``1 h 12 min``. ``seconds`` below zero count
    as zero.
    """
    seconds = max(seconds, 0.0)
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size(number: int) -> str:
    """``812 B``, ``1.2 kB``, ``34 MB``: bytes in powers of 1000."""
    if number < 1000:
        return f"{number} B"
    value, unit = number / 1000, "kB"
    for larger in ("MB", "GB", "TB"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"


def counted(number: int, noun: str) -> str:
    """``no migrations``, ``1 migration``, ``1,204 migrations``."""
    if number == 1:
        return f"1 {noun}"
    amount = f"{number:,}" if number else "no"
    return f"{amount} {_PLURALS.get(noun, noun + 's')}"


def moment(at: datetime | None) -> str:
    """``2026-11-20 08:31 UTC``; ``–`` for none."""
    return "–" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def listed(words: tuple[str, ...]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
