"""Series made of file names and texts, and ledgers made of events, for tests of the pure core."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ceremony.core.assemble import assemble
from ceremony.core.chain import GENESIS
from ceremony.core.finding import Finding
from ceremony.core.history import Event, History, LedgerRow
from ceremony.core.ledger_hash import sealed
from ceremony.core.series import Series, SeriesFiles, SourceFile

DAY = datetime(2026, 1, 17, 9, 30, tzinfo=UTC)


def series_of(files: Mapping[str, str | bytes], name: str = "shop") -> Series:
    """A series of these files; a text is written in UTF-8."""
    return assemble(
        SeriesFiles(
            name,
            tuple(
                SourceFile(f"{name}/{path}", text.encode() if isinstance(text, str) else text)
                for path, text in files.items()
            ),
        )
    )


def complete(*stems: str, header: Mapping[str, str] | None = None) -> dict[str, str]:
    """For each stem a change, a check and a rollback that raise no finding; headers by stem."""
    files = {}
    for stem in stems:
        table = f"t_{stem}"
        head = (header or {}).get(stem, "")
        files[f"{stem}.sql"] = f"{head}CREATE TABLE {table} (id bigint);\n"
        files[f"{stem}.verify.sql"] = (
            f"-- check: {table} is there\n-- expect: rows\n"
            f"SELECT 1 FROM pg_class WHERE relname = '{table}';\n"
        )
        files[f"{stem}.rollback.sql"] = f"DROP TABLE {table};\n"
    return files


def said(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    """Path and code of each finding."""
    return [(finding.path, finding.code) for finding in findings]


def only(series: Series) -> Finding:
    """The one finding of a series."""
    [finding] = series.findings
    return finding


class Book:
    """A ledger that is written event by event, each row a minute after the one before."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self.rows: list[LedgerRow] = []
        self.write(Event.OPENED, "")

    def write(
        self,
        event: Event,
        version: str,
        *,
        statement: int = 0,
        detail: str = "{}",
        attempt: UUID | None = None,
        series: Series | None = None,
    ) -> "Book":
        """One more row about ``version``, with the digests of its file (in ``series``)."""
        migration = (series or self.series).by_version.get(version)
        plain = migration.rollbacks.get("") if migration else None
        self.rows.append(
            sealed(
                LedgerRow(
                    sequence=len(self.rows) + 1,
                    series=self.series.name if version else "",
                    version=version,
                    name=migration.name if migration else "",
                    event=event,
                    bytes_digest=migration.script.bytes_digest if migration else "",
                    meaning_digest=migration.script.meaning_digest if migration else "",
                    checks_digest=migration.verify_digest if migration else "",
                    rollback_digest=plain.bytes_digest if plain else "",
                    attempt=attempt,
                    manifest_digest="",
                    statement=statement,
                    detail=detail,
                    recorded_by="ada",
                    recorded_at=DAY + timedelta(minutes=len(self.rows)),
                    tool_version="0.1.0",
                    audit_sequence=0,
                    audit_hash=GENESIS,
                    previous_hash=self.rows[-1].hash if self.rows else GENESIS,
                    hash="",
                )
            )
        )
        return self

    def applied(self, *versions: str) -> "Book":
        """An ``applied`` row for each of these versions, in this order."""
        for version in versions:
            self.write(Event.APPLIED, version)
        return self

    @property
    def history(self) -> History:
        """What the rows add up to."""
        return History(self.rows)
