"""Where a rehearsal begins: an empty database, the target's schema, or a copy of a template."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum

from ceremony.actions.access import Access, home_of, reached
from ceremony.actions.dependencies import DJANGO, satisfied_on
from ceremony.actions.library import Library
from ceremony.conf import Settings, TargetSettings
from ceremony.core.applying import Satisfied
from ceremony.core.header import Dependency
from ceremony.core.history import History
from ceremony.core.plan import Step, plan_apply
from ceremony.core.report import TargetFacts
from ceremony.core.series import Series
from ceremony.errors import Refused
from ceremony.pg.ledger import Ledger
from ceremony.pg.scratch import Origin, load_schema, origin_like, scratch_database
from ceremony.pg.session import SessionSettings, open_session


class SourceKind(StrEnum):
    """What a scratch database begins as."""

    SERIES = "series"
    TARGET = "target"
    TEMPLATE = "template"


@dataclass(frozen=True)
class Source:
    """``template`` is the name of the database to copy, for TEMPLATE alone."""

    kind: SourceKind = SourceKind.SERIES
    template: str = ""

    @property
    def words(self) -> str:
        """``from the series itself``."""
        return {
            SourceKind.SERIES: "from the series itself",
            SourceKind.TARGET: "from the target's schema",
            SourceKind.TEMPLATE: f"from the template {self.template}",
        }[self.kind]


@dataclass(frozen=True)
class Ground:
    """What a rehearsal builds on: how scratch databases begin, what counts as applied there, what
    other series must be applied first, and which dependencies are met.
    """

    origin: Origin
    history: History
    base: tuple[Step, ...]
    satisfied: Satisfied
    facts: TargetFacts


@contextmanager
def ground(
    source: Source,
    series: Series,
    target: TargetSettings,
    library: Library,
    settings: Settings,
) -> Iterator[Ground]:
    """The ground for as long as the rehearsal lasts.

    Raises Refused: rehearsal-dependency-missing, and what ``reached``, ``scratch_database`` and
    ``load_schema`` raise.
    """
    with reached(target, settings, "rehearsal") as access, ExitStack() as open_ones:
        if source.kind is SourceKind.SERIES:
            yield _from_series(access, series, library, settings)
        elif source.kind is SourceKind.TEMPLATE:
            history = _history_of(target, source.template, settings)
            yield Ground(Origin(source.template), history, (), _anything, access.facts)
        else:
            rows = access.ledger.rows() if access.ledger.exists() else ()
            history = History(rows)
            made = open_ones.enter_context(
                scratch_database(target.parameters, origin_like(access.session))
            )
            load_schema(access.session, target.parameters, made, pg_bin=settings.pg_bin)
            met = satisfied_on(access, history, series, library, settings)
            yield Ground(Origin(made["dbname"]), history, (), met, access.facts)


def _from_series(access: Access, series: Series, library: Library, settings: Settings) -> Ground:
    """An empty database, with the series in it that share the home and are depended on."""
    for migration in series.runnable:
        for dependency in migration.header.depends:
            if dependency.series == DJANGO:
                raise Refused(
                    "rehearsal-dependency-missing",
                    f"{migration.label} depends on {dependency}, and a database that is built "
                    "from the series alone has no table of Django's.",
                    next_step="Rehearse on the target's schema: add --from target",
                )
    base = tuple(
        step
        for name in _first(series, library)
        if _same_home(library.series[name], access.target, settings)
        for step in plan_apply(library.series[name], History(()), satisfied=_anything).steps
        if step.script is not None
    )
    return Ground(origin_like(access.session), History(()), base, _anything, access.facts)


def _first(series: Series, library: Library) -> list[str]:
    """The series that ``series`` depends on, each behind those that it depends on itself."""
    ordered: list[str] = []

    def visit(one: Series, above: tuple[str, ...]) -> None:
        for migration in one.runnable:
            for dependency in migration.header.depends:
                name = dependency.series
                if name in library.series and name not in (*above, *ordered):
                    visit(library.series[name], (*above, name))
                    ordered.append(name)

    visit(series, (series.name,))
    return ordered


def _same_home(series: Series, target: TargetSettings, settings: Settings) -> bool:
    return home_of(series, None, settings).parameters == target.parameters


def _history_of(target: TargetSettings, template: str, settings: Settings) -> History:
    """What the ledger in the template says; the connection is closed before it is copied.

    A template may take no connections at all. One that is not there is refused when it is copied.
    """
    parameters = {**target.parameters, "dbname": template}
    try:
        with open_session(parameters, SessionSettings(run="rehearsal")) as session:
            ledger = Ledger(session, settings.ledger_schema)
            return History(ledger.rows() if ledger.exists() else ())
    except Refused as refused:
        if refused.code != "connect-failed":
            raise
        return History(())


def _anything(dependency: Dependency) -> bool:
    """Every dependency outside the series is met: it is in the base, or in another database."""
    return True
