"""The ledger of a scratch database: its own, whatever the copy brought along."""

from uuid import uuid4

from ceremony.pg.context import RunContext
from ceremony.pg.ledger import Ledger, OpenedFacts
from ceremony.pg.ledger_ddl import TABLE
from ceremony.pg.names import quoted
from ceremony.pg.session import Session

ENVIRONMENT = "rehearsal"
"""What the ledger of a scratch database says of where it stands."""


def fresh_ledger(session: Session, schema: str, context: RunContext) -> Ledger:
    """An empty ledger with its first row. One that a dump or a template brought is dropped.

    Raises what ``Ledger.create`` raises.
    """
    ledger = Ledger(session, schema)
    session.ask(f"DROP TABLE IF EXISTS {quoted(schema, TABLE)}")
    session.ask(f"DROP FUNCTION IF EXISTS {quoted(schema, f'{TABLE}_refuse')}()")
    ledger.exists()
    ledger.create(OpenedFacts(ENVIRONMENT, str(uuid4()), uuid4()), context)
    return ledger
