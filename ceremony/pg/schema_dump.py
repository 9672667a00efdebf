"""The schema of a database as pg_dump tells it: statements that build everything, no row."""

from collections.abc import Mapping, Sequence

from ceremony.errors import Refused
from ceremony.pg.programs import ProgramFailed, connection_flag, program, refuse_older, run


def dump_schema(
    parameters: Mapping[str, str],
    *,
    pg_bin: str,
    server_version: int,
    flags: Sequence[str] = (),
) -> str:
    """``pg_dump --schema-only`` of the database behind libpq's ``parameters``.

    ``pg_bin`` is the folder of pg_dump, ``""`` to look in PATH; ``server_version`` is PostgreSQL's
    number (180004); ``flags`` go to pg_dump as they are (``--exclude-table=…``). Tablespaces are
    left out: they are the server's, not the schema's. Raises Refused (dump-failed).
    """
    try:
        dump = program("pg_dump", pg_bin)
        refuse_older(dump, server_version)
        command = [dump, "--schema-only", "--no-tablespaces", "--encoding=UTF8", "--no-password"]
        return run([*command, *flags, connection_flag(parameters)], parameters.get("password", ""))
    except ProgramFailed as failed:
        raise Refused(
            "dump-failed",
            f"The schema could not be read with pg_dump. {failed.what}",
            next_step=failed.step[0].upper() + failed.step[1:],
        ) from None
