"""Series made up for measurements, and the same statements as one script for psql."""

from pathlib import Path

_CHECK = """\
-- check: {name} {number}
-- expect: error not_null_violation
INSERT INTO m{index:04} (id, note) VALUES (1, NULL);
"""


def write_series(root: Path, name: str, count: int, checks: int) -> Path:
    """Write ``count`` small migrations with ``checks`` must-fail checks each below ``root``.

    Returns the path of a script that runs the same statements with psql, BEGIN and COMMIT
    around each file.
    """
    folder = root / name
    folder.mkdir(parents=True)
    script = []
    for index in range(1, count + 1):
        stem = folder / f"{index:04}_table_{index}"
        statements = _statements(index)
        stem.with_suffix(".sql").write_text(
            f"-- Purpose: table {index}\n-- Risk: low\n{statements}", encoding="utf-8"
        )
        stem.with_suffix(".rollback.sql").write_text(f"DROP TABLE m{index:04};\n", encoding="utf-8")
        if checks:
            blocks = [_CHECK.format(name="refused", number=n, index=index) for n in range(checks)]
            stem.with_suffix(".verify.sql").write_text("\n".join(blocks), encoding="utf-8")
        script.append(f"BEGIN;\n{statements}COMMIT;\n")
    path = root / f"{name}.psql"
    path.write_text("".join(script), encoding="utf-8")
    return path


def _statements(index: int) -> str:
    return (
        f"CREATE TABLE m{index:04} (id bigint PRIMARY KEY, note text NOT NULL);\n"
        f"CREATE INDEX m{index:04}_note ON m{index:04} (note);\n"
        f"INSERT INTO m{index:04} (id, note) VALUES (0, 'first');\n"
    )
