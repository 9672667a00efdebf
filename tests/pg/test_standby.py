"""A standby takes no changes."""

import pytest

from ceremony.errors import Refused
from ceremony.pg import session as module
from ceremony.pg.session import SessionSettings, open_session
from tests.pg.making import libpq


def test_a_server_in_recovery_is_refused(target, monkeypatch):
    ask = module._ask

    def recovering(connection, text, parameters=()):
        rows = ask(connection, text, parameters)
        if "pg_is_in_recovery" in text:
            rows = [(*rows[0][:7], True, *rows[0][8:])]
        return rows

    monkeypatch.setattr(module, "_ask", recovering)
    with pytest.raises(Refused) as caught:
        open_session(libpq(target), SessionSettings())
    assert caught.value.code == "target-read-only"
    assert "is a standby: it is in recovery and takes no changes." in caught.value.happened
