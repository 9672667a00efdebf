"""Is the index that is there the one that was meant?"""

import psycopg
import pytest

from ceremony.pg.probes import Found, probe_definition
from ceremony.pg.session import SessionSettings, open_session
from tests.pg.making import index_probe, libpq

DEFINITIONS = [
    "CREATE INDEX {} t_a ON t (a)",
    "CREATE UNIQUE INDEX {} t_a ON public.t USING btree (b DESC NULLS LAST, a) INCLUDE (c)",
    "CREATE INDEX {} t_a ON t (b)",
    'CREATE INDEX {} t_a ON t (b COLLATE "C")',
    "CREATE INDEX {} t_a ON t (b text_pattern_ops)",
    "CREATE INDEX {} t_a ON t (b DESC)",
    "CREATE INDEX {} t_a ON t USING hash (b)",
    "CREATE INDEX {} t_a ON t (b) WITH (fillfactor = 70)",
    "CREATE INDEX {} t_a ON t (lower(t.b))",
    "CREATE INDEX {} t_a ON t (upper(b))",
    "CREATE INDEX {} t_a ON t (a) WHERE c > 1 AND t.b <> 'x'",
    "CREATE INDEX {} t_a ON t (a) WHERE c > 2 AND t.b <> 'x'",
    "CREATE UNIQUE INDEX {} t_a ON t (a)",
    "CREATE UNIQUE INDEX {} t_a ON t (a) NULLS NOT DISTINCT",
    "CREATE INDEX {} t_a ON t (a, c)",
    "CREATE INDEX {} t_a ON t (a) INCLUDE (c)",
    "CREATE INDEX {} t_a ON t USING brin (a)",
    "CREATE INDEX {} t_a ON t USING gin (d)",
    "CREATE INDEX {} t_a ON t USING gin (d jsonb_path_ops)",
    "CREATE INDEX {} t_a ON t USING gist (e)",
    "CREATE INDEX {} t_a ON t USING gist (e tsvector_ops (siglen = 200))",
]
TABLE = "CREATE TABLE t (gone int, a int, b text, c int, d jsonb, e tsvector)"


def by_hand(target, *texts):
    with psycopg.connect(target, autocommit=True) as connection:
        for text in texts:
            connection.execute(text)


@pytest.mark.parametrize("number", range(len(DEFINITIONS)))
def test_the_index_that_is_there_must_be_the_one_that_was_meant(target, number):
    """Each definition is taken for itself, and for none of its neighbours."""
    meant, other = DEFINITIONS[number], DEFINITIONS[number - 1]
    probe = index_probe(meant.format("CONCURRENTLY"))
    with open_session(libpq(target), SessionSettings()) as session:
        found = []
        for definition in (meant, other):
            by_hand(target, "DROP TABLE IF EXISTS t", TABLE, "ALTER TABLE t DROP gone")
            by_hand(target, definition.format(""))
            found.append(probe_definition(session, probe).found)
        assert session.ask("SELECT count(*) FROM pg_class WHERE relname = 't'") == [(1,)]
    assert found == [Found.IN, Found.DIFFERS]


def test_an_index_on_a_column_that_is_gone_since(target):
    by_hand(target, "CREATE TABLE t (a int)", "CREATE INDEX t_a ON t (a)")
    by_hand(target, "ALTER TABLE t RENAME a TO z")
    with open_session(libpq(target), SessionSettings()) as session:
        finding = probe_definition(session, index_probe("CREATE INDEX CONCURRENTLY t_a ON t (a)"))
    assert finding.found is Found.DIFFERS
