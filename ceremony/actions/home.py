"""The target that a series goes to. Nothing here needs Django's models."""

from ceremony import conf
from ceremony.conf import Settings, TargetSettings
from ceremony.core.series import Series
from ceremony.errors import UsageError


def home_of(series: Series, alias: str | None, settings: Settings) -> TargetSettings:
    """The target a series goes to: ``alias``, else its home database, else the alias of its name.

    Raises UsageError: database-not-given, alias-unknown, alias-not-postgresql.
    """
    wanted = alias or home_alias(series.name, series.settings.database)
    if not wanted:
        raise UsageError(
            "database-not-given",
            f"The series {series.name!r} names no home database.",
            next_step='Add --database ALIAS, or write the line  database = "ALIAS"  into '
            f"{series.name}/series.toml.",
        )
    return conf.target(wanted, settings)


def home_alias(series: str, database: str) -> str:
    """The alias that ``series.toml`` names (``database``), else that of the series' own name where
    there is one, else ``""``.
    """
    return database or (series if conf.is_alias(series) else "")
