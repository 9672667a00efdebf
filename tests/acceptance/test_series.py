"""The five series, each from an empty database: up, up again, down step by step, up once more."""

import json
import re
import subprocess
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from ceremony.models import AuditEvent, CheckRecord, Outcome
from tests.acceptance.catalog import Facts
from tests.acceptance.door import ROOT, Answer, manage
from tests.acceptance.world import World

STEPS = {
    "rebalancing": ["0001", "0008", "0013_5", "0014"],
    "listings": ["000", "001", "002", "003", "004"],
    "outbox": ["20251118000000", "20251118094238", "20251118095804"],
    "calendar": ["20260101000000", "20260116000000", "20260117000000", "20260118000000",
                 "20260119000000"],
    "content": ["0030"],
}  # fmt: skip
REFERENCE = {"listings": ("settings",)}
ACCEPT = ("--accept-data-loss", "a drill", "--backup-evidence", "the database is a test's own")


@pytest.fixture
def shipped(world: World) -> World:
    """The folder of series that the product ships."""
    world.root = ROOT / "migrations_sql"
    settings.CEREMONY = {**settings.CEREMONY, "ROOT": world.root}
    return world


def seen(world: World, series: str) -> Facts:
    return world.catalog(series, REFERENCE.get(series, ()))


def passed(answer: Answer) -> None:
    """The run ended well, and no migration with less than a PASS."""
    assert answer.status == 0, answer.told()
    report = json.loads(answer.out)["reports"][0]
    assert report["verdict"] == "PASS", answer.out


@pytest.mark.parametrize("series", STEPS)
def test_whole_ceremony(series: str, shipped: World) -> None:
    shipped.target(series)
    states = [seen(shipped, series)]
    for version in STEPS[series]:
        passed(manage("apply_sql", series, "--to", version, "--format", "json"))
        states.append(seen(shipped, series))
        assert states[-1] != states[-2] or version == "20260118000000"
    assert shipped.applied_versions(series, series) == STEPS[series]

    before = shipped.ledger(series)
    passed(manage("apply_sql", series, "--format", "json"))
    assert shipped.ledger(series) == before
    assert seen(shipped, series) == states[-1]

    for expected in reversed(states[:-1]):
        passed(manage("rollback_sql", series, *ACCEPT, "--format", "json"))
        assert seen(shipped, series) == expected
    assert shipped.applied_versions(series, series) == []

    passed(manage("apply_sql", series, "--format", "json"))
    assert seen(shipped, series) == states[-1]
    assert manage("verify_sql", series).status == 0


def test_rebalancing_without_proposal_moves_is_partial(shipped: World) -> None:
    shipped.target("rebalancing")
    shipped.applied("--to", "0013_5", series="rebalancing")
    shipped.ask("DROP TABLE proposal_moves", "rebalancing")

    answer = shipped.apply("--format", "json", series="rebalancing")

    report = json.loads(answer.out)["reports"][0]
    assert (answer.status, report["verdict"]) == (0, "PARTIAL")
    warning = "proposal_moves is missing: its columns and indexes are skipped"
    assert warning in answer.out
    assert warning in json.dumps(Outcome.objects.latest("id").messages)
    results = set(CheckRecord.objects.values_list("name", "result"))
    assert ("the three baseline columns exist", "NOT APPLICABLE") in results
    guards = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'calendar_events_new'::regclass"
    assert shipped.ask(f"{guards} AND NOT tgisinternal", "rebalancing") == [
        ("trg_prevent_move_immovable",)
    ]


def test_warnings_reach_the_operator_and_the_record(shipped: World) -> None:
    shipped.target("outbox")

    answer = shipped.applied(series="outbox")

    warning = "pg_cron is not installed: the cleanup functions are not scheduled"
    assert warning in answer.out + answer.err
    assert [o.pk for o in Outcome.objects.all() if warning in json.dumps(o.messages)] == [2]


def test_content_two_ways_in_one_end(shipped: World) -> None:
    """History applied and then 0030, against 0030 alone: the same 28 tables."""
    fresh, live = shipped.target("content"), shipped.target("calendar")
    passed(manage("apply_sql", "content", "--format", "json"))
    events = dict(
        shipped.ask("SELECT version, event FROM ceremony_ledger WHERE version <> ''", "content")
    )
    assert events == {
        **dict.fromkeys(
            ["0000", "0002", "0003", "0004", "0005", "0006", "0007", "0029"], "superseded"
        ),
        "0030": "applied",
    }

    onto_live = ("content", "--database", "calendar", "--format", "json")
    passed(manage("apply_sql", *onto_live, "--to", "0029"))
    history = shipped.catalog("calendar")
    answer = manage("apply_sql", *onto_live)

    assert answer.status == 1
    (step,) = json.loads(answer.out)["reports"][0]["steps"]
    weak = [one["name"] for one in step["check_results"] if one["result"] == "FAIL"]
    assert weak == [
        "the database is fresh (record the baseline of a live one instead of running it)"
    ]
    assert manage("baseline_sql", "content", "0030", "--database", "calendar").status == 0
    assert shipped.catalog("calendar") == history, "0030 changes nothing where history ran"
    assert manage("rollback_sql", *onto_live, "--to", "0029").status == 3
    assert _without_column_order(shipped.catalog("calendar")) == _without_column_order(
        shipped.catalog("content")
    )
    assert fresh.name != live.name
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert shipped.ask(f"{tables} AND tablename <> 'ceremony_ledger'", "content") == [(28,)]


def _without_column_order(facts: Facts) -> Facts:
    return tuple(sorted(re.sub(r"^(column \| \S+) \| \d+", r"\1", fact) for fact in facts))


def test_listings_in_the_order_of_the_sheet(shipped: World) -> None:
    shipped.target("listings")
    applied = manage("apply_sql", "listings", "--format", "json")
    back = manage("rollback_sql", "listings", "--to", "000", *ACCEPT, "--format", "json")

    assert _labels(applied) == ["000_base_schema", "001_slice_a_schema", "002_slice_b_schema",
                                "003_slice_c_schema", "004_slice_d_schema"]  # fmt: skip
    assert _labels(back) == ["004_slice_d_schema", "003_slice_c_schema", "002_slice_b_schema",
                             "001_slice_a_schema"]  # fmt: skip
    assert shipped.ask("SELECT * FROM settings", "listings") == []
    columns = (
        "SELECT attname FROM pg_attribute WHERE attrelid = 'listings'::regclass AND attnum > 0"
    )
    kept = {name for (name,) in shipped.ask(f"{columns} AND NOT attisdropped", "listings")}
    assert {"sku", "price", "quantity"} <= kept
    assert not {"seller_sku", "marketplace_id", "status", "asin"} & kept


def _labels(answer: Answer) -> list[str]:
    assert answer.status == 0, answer.told()
    return [step["label"] for step in json.loads(answer.out)["reports"][0]["steps"]]


COURSE = """
INSERT INTO courses (id, title, slug) VALUES ('00000000-0000-0000-0000-000000000001', 'One', 'one');
INSERT INTO job_outbox (entity_id, queue_name{more})
VALUES ('00000000-0000-0000-0000-000000000001', 'mail'{values})
"""


def test_outbox_kept_by_the_partial_way_back(shipped: World) -> None:
    shipped.target("outbox")
    shipped.applied(series="outbox")
    shipped.ask(COURSE.format(more=", processed_at", values=", now()"), "outbox")

    for _ in range(2):
        answer = manage("rollback_sql", "outbox", "--variant", "keep_data")
        assert answer.status == 0, answer.told()

    assert shipped.ask("SELECT count(*) FROM job_outbox", "outbox") == [(1,)]
    right = "SELECT has_function_privilege('authenticated', p.oid, 'EXECUTE') FROM pg_proc p"
    assert shipped.ask(f"{right} WHERE proname = 'initialize_fsm_with_outbox'", "outbox") == [
        (False,)
    ]


def test_outbox_with_unprocessed_rows_is_not_taken_back(shipped: World, golden) -> None:
    shipped.target("outbox")
    shipped.applied(series="outbox")
    shipped.rolled_back(series="outbox")
    shipped.ask(COURSE.format(more="", values=""), "outbox")
    before = shipped.catalog("outbox"), shipped.ledger("outbox")

    answer = manage("rollback_sql", "outbox", *ACCEPT)

    assert answer.status == 1
    assert "[check-failed]" in answer.err
    assert "no outbox row is unprocessed" in answer.err
    assert (shipped.catalog("outbox"), shipped.ledger("outbox")) == before


def test_data_loss_is_a_gate(shipped: World, tmp_path: Path, golden) -> None:
    shipped.target("rebalancing")
    shipped.applied("--to", "0001", series="rebalancing")
    shipped.ask("INSERT INTO users DEFAULT VALUES", "rebalancing")
    before = shipped.catalog("rebalancing"), shipped.ledger("rebalancing")
    why, folder = ("--accept-data-loss", "the drill"), tmp_path / "backups"

    bare = manage("rollback_sql", "rebalancing")
    unsaved = manage("rollback_sql", "rebalancing", *why)

    golden("series/data-loss", bare.told() + unsaved.told())
    assert (bare.status, unsaved.status) == (3, 3)
    assert (shipped.catalog("rebalancing"), shipped.ledger("rebalancing")) == before

    saved = manage("rollback_sql", "rebalancing", *why, "--backup", str(folder))

    assert saved.status == 0, saved.told()
    (file,) = folder.iterdir()
    listed = subprocess.run(
        [f"{settings.CEREMONY['PG_BIN']}/pg_restore", "--list", str(file)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "TABLE DATA public users" in listed.stdout
    event = AuditEvent.objects.filter(payload__contains=str(file)).get()
    assert "the drill" in event.payload
    assert shipped.ask("SELECT to_regclass('users')", "rebalancing") == [(None,)]


def test_backup_that_cannot_be_made_stops_the_rollback(
    shipped: World, tmp_path: Path, golden
) -> None:
    shipped.target("rebalancing")
    shipped.applied("--to", "0001", series="rebalancing")
    before = shipped.catalog("rebalancing"), shipped.ledger("rebalancing")
    (tmp_path / "file").touch()

    answer = manage(
        "rollback_sql",
        "rebalancing",
        "--accept-data-loss",
        "x",
        "--backup",
        str(tmp_path / "file" / "d"),
    )

    golden("series/backup-failed", answer.told().replace(str(tmp_path), "<here>"))
    assert answer.status == 3
    assert (shipped.catalog("rebalancing"), shipped.ledger("rebalancing")) == before


EVENT = "INSERT INTO calendar_events_new (id, user_id, title, event_type, start_at, end_at"
NOBODY = "00000000-0000-0000-0000-000000000001"
REBALANCING_BEFORE = f"""
INSERT INTO users (id) VALUES ('{NOBODY}');
{EVENT}, is_movable)
VALUES ('{NOBODY}', '{NOBODY}', 'a', 'b', now(), now() + interval '1 hour', false)
"""
LISTING_BEFORE = """
INSERT INTO listings (id, seller_sku, title, price_inc_vat, available_quantity)
VALUES (-1, 's', 't', 1, 1);
INSERT INTO boms (listing_id, version, is_active) VALUES (-1, 1, true)
"""
OUTBOX_BEFORE = f"INSERT INTO courses (id, title, slug) VALUES ('{NOBODY}', 'One', 'one')"
CALENDAR_BEFORE = """
INSERT INTO providers (id, name) VALUES (-1, 'p');
INSERT INTO bookings (id, provider_id, start_time, end_time)
VALUES (-1, -1, '2030-01-01 09:00Z', '2030-01-01 10:00Z');
INSERT INTO external_calendar_events
    (provider_id, calendar_provider, external_event_id, start_time, end_time, booking_id)
VALUES (-1, 'g', 'e', '2030-01-01 09:00Z', '2030-01-01 10:00Z', -1)
"""
EXTERNAL = (
    "INSERT INTO external_calendar_events (provider_id, calendar_provider, external_event_id,"
    " start_time, end_time, {}) VALUES (-1, 'g', {}, '2030-01-01 09:00Z', '2030-01-01 {}Z', {})"
)
INITIALIZE = (
    "SELECT initialize_fsm_with_outbox('{}', NULL, NULL, 'key', 'TEST', 'created', '{}'::jsonb)"
)
JOB = '[{"queue": "mail", "data": {}, "options": {}}]'

REFUSED: dict[str, tuple[str, dict[str, tuple[str | None, str]], tuple[str, ...]]] = {
    "rebalancing": (
        REBALANCING_BEFORE,
        {
            "UPDATE calendar_events_new SET start_at = start_at - interval '1 minute'": (
                "P0001", "Cannot move or resize an immovable event"),
            "UPDATE calendar_events_new SET end_at = end_at + interval '1 minute'": (
                "P0001", "Cannot move or resize an immovable event"),
        },
        (
            "UPDATE calendar_events_new SET title = 'another'",
            f"INSERT INTO rebalancing_proposals (user_id, trigger, status)"
            f" VALUES ('{NOBODY}', 'manual', 'proposed')",
            "INSERT INTO proposal_moves (proposal_id, user_id, move_type)"
            " SELECT id, user_id, 'insert' FROM rebalancing_proposals",
        ),
    ),
    "listings": (
        LISTING_BEFORE,
        {
            "INSERT INTO boms (listing_id, version, is_active) VALUES (-1, 2, true)": (
                "23505", "boms_listing_active_unique"),
            "INSERT INTO boms (listing_id, version) VALUES (-1, 1)": (
                "23505", "boms_version_unique"),
        },
        ("INSERT INTO boms (listing_id, version) VALUES (-1, 2)",),
    ),
    "outbox": (
        OUTBOX_BEFORE,
        {
            f"INSERT INTO fsm_events (entity_id, event_type, created_by)"
            f" VALUES ('{NOBODY}', 'x', 'SOMEBODY')": ("23514", "fsm_events_created_by_check"),
            f"INSERT INTO fsm_events (entity_id, event_type) VALUES ('{NOBODY}', 'x')": (
                "23502", "created_by"),
            "INSERT INTO idempotency_keys (key, expires_at) VALUES (NULL, now())": ("23502", "key"),
            INITIALIZE.format("00000000-0000-0000-0000-000000000002", "[]"): (None, ""),
        },
        (INITIALIZE.format(NOBODY, JOB), INITIALIZE.format(NOBODY, JOB)),
    ),
    "calendar": (
        CALENDAR_BEFORE,
        {
            EXTERNAL.format("booking_id", "'e'", "10:00", "NULL"): (
                "23505", "external_calendar_events_provider_source_external_id_key"),
            EXTERNAL.format("booking_id", "'f'", "10:00", "-1"): ("23505", "booking"),
            EXTERNAL.format("booking_id", "'f'", "08:00", "NULL"): ("23514", "times"),
            EXTERNAL.format("sync_status", "'f'", "10:00", "'LOST'"): ("23514", "sync_status"),
            "INSERT INTO bookings (provider_id, start_time, end_time)"
            " VALUES (-1, '2030-01-01 09:30Z', '2030-01-01 11:00Z')": ("23P01", "overlapping"),
        },
        (EXTERNAL.format("sync_status", "'f'", "10:00", "'CREATED'"),),
    ),
}  # fmt: skip


@pytest.mark.parametrize("series", REFUSED)
def test_what_the_sheet_refuses_is_refused(series: str, shipped: World) -> None:
    before, refused, allowed = REFUSED[series]
    target = shipped.target(series)
    shipped.applied(series=series)
    with target.connect() as connection, connection.transaction(force_rollback=True):
        connection.execute(before)
        for statement, (sqlstate, words) in refused.items():
            with pytest.raises(psycopg.Error) as caught, connection.transaction():
                connection.execute(statement)
            told = f"{caught.value.diag.constraint_name} {caught.value}"
            assert (caught.value.sqlstate, words in told) == (
                sqlstate or caught.value.sqlstate, True), f"{statement}: {told}"  # fmt: skip
        for statement in allowed:
            connection.execute(statement)


def test_outbox_writes_once_per_key_and_forgets_a_deleted_course(shipped: World) -> None:
    target = shipped.target("outbox")
    shipped.applied(series="outbox")
    with target.connect() as connection:
        connection.execute(OUTBOX_BEFORE)
        first, second = (
            connection.execute(INITIALIZE.format(NOBODY, JOB)).fetchone() for _ in "12"
        )
        assert first == second
        assert _counts(connection) == [1, 1, 1]
        connection.execute("DELETE FROM courses")
        assert _counts(connection) == [0, 0, 0]


def _counts(connection):
    tables = ("job_outbox", "idempotency_keys", "fsm_events")
    return [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]


def test_latest_features_are_found_by_their_index(shipped: World) -> None:
    target = shipped.target("listings")
    shipped.applied(series="listings")
    with target.connect() as connection:
        connection.execute(
            "INSERT INTO feature_store (entity_type, entity_id, computed_at)"
            " SELECT 'LISTING', n % 500, now() - n * interval '1 s'"
            " FROM generate_series(1, 20000) n"
        )
        connection.execute("ANALYZE feature_store")
        plan = connection.execute(
            "EXPLAIN SELECT * FROM feature_store WHERE entity_type = 'LISTING' AND entity_id = 7"
            " ORDER BY computed_at DESC LIMIT 1"
        ).fetchall()
    assert "idx_feature_store_computed" in str(plan)


def test_predicates_and_labels_of_listings(shipped: World) -> None:
    shipped.target("listings")
    shipped.applied(series="listings")
    (index,) = shipped.ask(
        "SELECT indexdef FROM pg_indexes WHERE indexname = 'boms_listing_active_unique'", "listings"
    )
    plain = re.sub(r"[()]|::\w+", "", index[0])
    assert plain.endswith("WHERE is_active = true AND scope_type = 'LISTING'")
    labels = dict(
        shipped.ask(
            "SELECT enumtypid::regtype::text, string_agg(enumlabel, ' ' ORDER BY enumsortorder)"
            " FROM pg_enum GROUP BY 1",
            "listings",
        )
    )
    assert labels["job_status"] == "PENDING RUNNING SUCCEEDED FAILED CANCELLED"
    assert labels["feature_entity_type"] == "LISTING ASIN"
    assert labels["recommendation_event_type"] == (
        "GENERATED VIEWED ACCEPTED REJECTED SNOOZED EXPIRED SUPERSEDED"
        " ACTION_STARTED ACTION_COMPLETED ACTION_FAILED"
    )
