"""The gate at start-up: an application does not start on a schema that is not what it expects.

In ``wsgi.py`` or ``asgi.py``, and nowhere else, so that management commands (which mend things) are
never kept out::

    from ceremony.gate import require_schema

    application = require_schema(get_wsgi_application())
"""

from collections.abc import Collection, Sequence
from typing import TypeVar

from ceremony import conf
from ceremony.actions.readiness import look
from ceremony.core.readiness import worst
from ceremony.errors import Refused

Application = TypeVar("Application")


def require_schema(
    application: Application,
    *,
    series: Sequence[str] | None = None,
    accept: Collection[str] | None = None,
    contract: bool | None = None,
) -> Application:
    """``application`` itself, where every target is what the files expect.

    What is not given is as ``CEREMONY["GATE"]`` says. One query per target reads its ledger; no
    lock is taken, nothing is changed, and a server that does not answer is given up in time.

    Raises Refused: ``schema-behind``, ``schema-ahead``, ``schema-invalid``, ``schema-unknown``; and
    UsageError for settings and keywords that cannot be understood or name what is not there.
    """
    settings = conf.load()
    keys = {"SERIES": series, "ACCEPT": accept, "CONTRACT": contract}
    given = {key: value for key, value in keys.items() if value is not None}
    gate = conf.gate_with(settings.gate, given)
    bad = [one for one in look(settings, gate) if not one.is_ready(gate.accept)]
    if bad:
        raise Refused(
            f"schema-{worst(bad)}",
            "\n".join(one.sentence for one in bad),
            state="The application was not started. The databases were only read.",
            next_step="\n".join(dict.fromkeys(one.next_step for one in bad)),
        )
    return application
