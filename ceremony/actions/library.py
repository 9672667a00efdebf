"""The library: the series on disk that a command needs, read once and understood."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ceremony.core.assemble import assemble
from ceremony.core.finding import Finding
from ceremony.core.graph import check_graph
from ceremony.core.naming import path_finding
from ceremony.core.series import Series, SeriesSettings
from ceremony.core.settings_file import read_settings
from ceremony.errors import UsageError
from ceremony.sources.folder import read_series, read_settings_file, series_names


@dataclass(frozen=True)
class Library:
    """Series by name, with the findings of their folders and of the graph between them."""

    root: Path
    series: Mapping[str, Series]
    findings: tuple[Finding, ...]


def load_library(root: Path, names: Sequence[str] = ()) -> Library:
    """Read these series (none given: all) and the ones they depend on.

    Raises UsageError: ``root-missing``, ``root-unreadable``, ``series-unknown``,
    ``path-outside-root``.
    """
    known = series_on_disk(root)
    for name in names:
        if name not in known:
            raise (
                _outside(name) if "/" in name or path_finding(name) else _unknown(name, known, root)
            )
    loaded: dict[str, Series] = {}
    waiting = list(names or known)
    while waiting:
        name = waiting.pop()
        if name in loaded:
            continue
        loaded[name] = assemble(read_series(root, name))
        waiting.extend(sorted(_needed(loaded[name]) & set(known)))
    ordered = {name: loaded[name] for name in sorted(loaded)}
    graph = check_graph(ordered)
    return Library(root, ordered, tuple(sorted((*_of_folders(ordered), *graph))))


def neighbours(root: Path, own: str, names: Iterable[str]) -> dict[str, Series]:
    """Those of the series ``names`` that are on the disk, without ``own``; their errors do not
    matter here.
    """
    there = set(names) & set(series_on_disk(root)) - {own}
    return {name: assemble(read_series(root, name)) for name in sorted(there)}


def settings_on(
    root: Path, names: Iterable[str], own: Series | None = None
) -> tuple[SeriesSettings, ...]:
    """The settings of ``own`` and of those of the series ``names`` that are on the disk; of these
    nothing else is read, and their errors do not matter here.
    """
    found = [own.settings] if own else []
    for name in sorted(set(names) & set(series_on_disk(root)) - {own.name if own else ""}):
        file = read_settings_file(root, name)
        if file is not None:
            text = file.data.decode(errors="replace")
            found.append(read_settings(name, file.path, text, ()).settings)
    return tuple(found)


def series_on_disk(root: Path) -> tuple[str, ...]:
    """The names of the series on the disk. Raises UsageError (root-missing, root-unreadable)."""
    try:
        return series_names(root)
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(
            "root-missing",
            f"The folder of series {str(root)!r} does not exist or is no folder.",
            next_step="Create it, or point CEREMONY_ROOT at the folder that holds your series.",
        ) from None
    except OSError as error:
        raise UsageError(
            "root-unreadable",
            f"The folder of series {str(root)!r} cannot be read: {error.strerror}.",
            next_step="Give the user who runs this command the right to read it.",
        ) from None


def _needed(series: Series) -> set[str]:
    depends = (d for m in series.migrations for d in m.header.depends)
    return {d.series for d in depends if d.series not in ("", "django")}


def _of_folders(series: Mapping[str, Series]) -> tuple[Finding, ...]:
    return tuple(finding for one in series.values() for finding in one.findings)


def _outside(name: str) -> UsageError:
    return UsageError(
        "path-outside-root",
        f"{name!r} is a path, not the name of a series.",
        next_step="Name a folder directly below the folder of series; CEREMONY_ROOT says which "
        "that is.",
    )


def _unknown(name: str, known: Sequence[str], root: Path) -> UsageError:
    there = f"it holds {', '.join(known)}" if known else "it holds no series yet"
    return UsageError(
        "series-unknown",
        f"There is no series {name!r} in {str(root)!r}; {there}.",
        next_step=f"Name one of those, or start it: manage.py new_sql {name} first_change "
        "--create-series",
    )
