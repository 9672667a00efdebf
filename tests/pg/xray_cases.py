"""Statements, and what they do to tables of 100,000 rows, measured on PostgreSQL 15 and 18.

The manual says the same of each: 13.3.1 Table-Level Locks, and the page of the command. The second
line of a case reads ``table:MODE …; rewrites …; reads … (from end to end); makes …; drops …``.
"""

MODES = {
    "AS": "AccessShareLock",
    "RS": "RowShareLock",
    "RX": "RowExclusiveLock",
    "SUX": "ShareUpdateExclusiveLock",
    "S": "ShareLock",
    "SRX": "ShareRowExclusiveLock",
    "X": "ExclusiveLock",
    "AX": "AccessExclusiveLock",
}

SCHEMA = """
CREATE SCHEMA shop;
CREATE TABLE shop.big (
    id int PRIMARY KEY, a varchar(10), n int NOT NULL, m int, at timestamp, t text, p int
);
INSERT INTO shop.big
SELECT n, 'a' || n % 1000, n, n, '2024-01-01', 'text ' || n, n FROM generate_series(1, 100000) AS n;
ALTER TABLE shop.big SET (autovacuum_enabled = off);
CREATE INDEX big_a ON shop.big (a);
CREATE UNIQUE INDEX big_n ON shop.big (n);
ALTER TABLE shop.big ADD CONSTRAINT m_there CHECK (m IS NOT NULL);
ALTER TABLE shop.big ADD CONSTRAINT later CHECK (id > 0) NOT VALID;
CREATE TABLE shop.parent (id int PRIMARY KEY);
INSERT INTO shop.parent SELECT n FROM generate_series(1, 100000) AS n;
ALTER TABLE shop.big ADD CONSTRAINT refers FOREIGN KEY (p) REFERENCES shop.parent NOT VALID;
CREATE TABLE shop.cluster (id int PRIMARY KEY);
CREATE TABLE shop.target (id int PRIMARY KEY);
CREATE TABLE shop.pointing (id int REFERENCES shop.target);
CREATE VIEW shop.seen AS SELECT id FROM shop.parent;
CREATE MATERIALIZED VIEW shop.kept AS SELECT id FROM shop.parent;
CREATE TABLE shop.parts (id int, x text) PARTITION BY RANGE (id);
CREATE TABLE shop.parts_1 PARTITION OF shop.parts FOR VALUES FROM (0) TO (50001);
CREATE TABLE shop.parts_2 PARTITION OF shop.parts FOR VALUES FROM (50001) TO (100001);
INSERT INTO shop.parts SELECT n FROM generate_series(1, 100000) AS n;
CREATE TABLE shop.parts_3 (id int, x text);
CREATE SEQUENCE shop.numbers;
CREATE FUNCTION shop.f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END; $$;
CREATE TRIGGER tr BEFORE UPDATE OF m ON shop.big FOR EACH ROW EXECUTE FUNCTION shop.f();
CREATE TABLE shop."Odd ""s"" na.me" (x int);
ANALYZE;
"""


def _cases(text: str) -> dict[str, str]:
    lines = [line.strip() for line in text.strip().splitlines()]
    return dict(zip(lines[::2], lines[1::2], strict=True))


REWRITES = _cases("""
ALTER TABLE shop.big ALTER n TYPE bigint
    big:AX; rewrites big; reads big
ALTER TABLE shop.big ALTER a TYPE varchar(5)
    big:AX; rewrites big; reads big
ALTER TABLE shop.big ALTER at TYPE timestamptz USING at AT TIME ZONE 'UTC'
    big:AX; rewrites big; reads big
ALTER TABLE shop.big ADD c float DEFAULT random()
    big:AX; rewrites big; reads big
ALTER TABLE shop.big ADD c serial
    big:AX; rewrites big; reads big; makes big_c_seq
ALTER TABLE shop.big ADD c int GENERATED ALWAYS AS (n + 1) STORED
    big:AX; rewrites big; reads big
ALTER TABLE shop.big SET UNLOGGED
    big:AX; rewrites big; reads big
ALTER TABLE shop.big ADD c uuid DEFAULT gen_random_uuid()
    big:AX; rewrites big; reads big
CLUSTER shop.big USING big_a
    big:AX; rewrites big; reads big
REFRESH MATERIALIZED VIEW shop.kept
    kept:AX parent:AS; rewrites kept; reads parent
REINDEX TABLE shop.big
    big:S big_a:AX big_n:AX big_pkey:AX; rewrites big_a big_n big_pkey; reads big
REINDEX INDEX shop.big_a
    big:S big_a:AX; rewrites big_a; reads big
ALTER TABLE shop.parts ALTER x TYPE int USING 1
    parts:AX parts_1:AX parts_2:AX; rewrites parts_1 parts_2; reads parts_1 parts_2
DO $$ BEGIN ALTER TABLE shop.big ALTER n TYPE bigint; END $$
    big:AX; rewrites big; reads big
""")

READS = _cases("""
ALTER TABLE shop.big ALTER t SET NOT NULL
    big:AX; reads big
ALTER TABLE shop.big ADD CHECK (n > 0)
    big:AX; reads big
ALTER TABLE shop.big VALIDATE CONSTRAINT later
    big:SUX; reads big
ALTER TABLE shop.big VALIDATE CONSTRAINT refers
    big:SUX parent:RS; reads big parent
ALTER TABLE shop.big ADD FOREIGN KEY (n) REFERENCES shop.parent
    big:SRX parent:SRX; reads big parent
ALTER TABLE shop.big ADD UNIQUE (m)
    big:AX; reads big; makes big_m_key
ALTER TABLE shop.big ADD EXCLUDE USING btree (id WITH =)
    big:AX; reads big; makes big_id_excl
CREATE INDEX ON shop.big (m)
    big:S; reads big; makes big_m_idx
CREATE UNIQUE INDEX made ON shop.big (m)
    big:S; reads big; makes made
CREATE INDEX i ON shop.parts (id)
    parts:S parts_1:S parts_2:S; reads parts_1 parts_2; makes i parts_1_id_idx parts_2_id_idx
ALTER TABLE shop.parts ATTACH PARTITION shop.parts_3 FOR VALUES FROM (100001) TO (200000)
    parts:SUX parts_3:AX; reads parts_3
UPDATE shop.big SET m = 1 WHERE m > 0
    big:RX; reads big
SELECT count(*) FROM shop.big
    big:AS; reads big
CREATE TABLE shop.copied AS SELECT * FROM shop.parent
    parent:AS; reads parent; makes copied
""")

NEITHER = _cases("""
ALTER TABLE shop.big ADD c int
    big:AX
ALTER TABLE shop.big ADD c int NOT NULL DEFAULT 5
    big:AX
ALTER TABLE shop.big ADD c timestamptz DEFAULT now()
    big:AX
ALTER TABLE shop.big DROP t
    big:AX
ALTER TABLE shop.big RENAME t TO tt
    big:AX
ALTER TABLE shop.big RENAME TO bigger
    big:AX
ALTER TABLE shop.big ALTER t SET DEFAULT 'x'
    big:AX
ALTER TABLE shop.big ALTER m SET NOT NULL
    big:AX
ALTER TABLE shop.big ALTER n DROP NOT NULL
    big:AX
ALTER TABLE shop.big ALTER a TYPE varchar(20)
    big:AX
ALTER TABLE shop.big ALTER a TYPE text
    big:AX
ALTER TABLE shop.big ADD CHECK (n > 0) NOT VALID
    big:AX
ALTER TABLE shop.big ADD FOREIGN KEY (n) REFERENCES shop.parent NOT VALID
    big:SRX parent:SRX
ALTER TABLE shop.big ADD CONSTRAINT nn UNIQUE USING INDEX big_n
    big:AX
ALTER TABLE shop.big DROP CONSTRAINT m_there
    big:AX
DROP INDEX shop.big_a
    big:AX; drops big_a
TRUNCATE shop.big
    big:AX
DROP TABLE shop.big
    big:AX parent:AX; drops big big_a big_n big_pkey
DROP TABLE shop.pointing
    pointing:AX target:AX; drops pointing
DROP TABLE shop.parent CASCADE
    big:AX kept:AX parent:AX seen:AX; drops kept parent parent_pkey seen
DROP VIEW shop.seen
    seen:AX; drops seen
CREATE OR REPLACE VIEW shop.seen AS SELECT id FROM shop.parent WHERE id > 0
    parent:AS seen:AX
CREATE TRIGGER tr2 BEFORE INSERT ON shop.big FOR EACH ROW EXECUTE FUNCTION shop.f()
    big:SRX
DROP TRIGGER tr ON shop.big
    big:AX
ALTER TABLE shop.big DISABLE TRIGGER tr
    big:SRX
ALTER TABLE shop.big ENABLE ROW LEVEL SECURITY
    big:AX
CREATE POLICY po ON shop.big USING (true)
    big:AX
COMMENT ON TABLE shop.big IS 'x'
    big:SUX
COMMENT ON COLUMN shop.big.t IS 'x'
    big:SUX
ALTER TABLE shop.big ALTER t SET STATISTICS 500
    big:SUX
ALTER TABLE shop.big SET (fillfactor = 70)
    big:SUX
ANALYZE shop.big
    big:SUX
CREATE STATISTICS shop.st ON a, n FROM shop.big
    big:SUX
CREATE PUBLICATION pub FOR TABLE shop.big
    big:SUX
ALTER TABLE shop.big OWNER TO CURRENT_USER
    big:AX
ALTER TABLE shop.parts ADD c int
    parts:AX parts_1:AX parts_2:AX
CREATE TABLE shop.parts_4 PARTITION OF shop.parts FOR VALUES FROM (100001) TO (200000)
    parts:AX; makes parts_4
ALTER TABLE shop.parts DETACH PARTITION shop.parts_2
    parts:AX parts_2:AX
DROP TABLE shop.parts
    parts:AX parts_1:AX parts_2:AX; drops parts parts_1 parts_2
UPDATE shop.big SET m = 1 WHERE id = 5
    big:RX
INSERT INTO shop.big (id, n, m, p) VALUES (100001, 100001, 1, 1)
    big:RX parent:RS
DELETE FROM shop.parent WHERE id = 100001
    parent:RX
CREATE TABLE shop.fresh (id int PRIMARY KEY, p int REFERENCES shop.parent)
    parent:SRX; makes fresh fresh_pkey
CREATE TABLE shop.fresh (id int PRIMARY KEY, t text)
    makes fresh fresh_pkey
SELECT nextval('shop.numbers')
    numbers:RX
ALTER SEQUENCE shop.numbers RESTART
    numbers:SRX
LOCK TABLE shop.big IN SHARE MODE
    big:S
SELECT id FROM shop.seen WHERE id = 7
    parent:AS seen:AS
ALTER TABLE shop.parent SET SCHEMA public
    parent:AX
ALTER TABLE shop.big INHERIT shop.cluster
    big:AX cluster:SUX
ALTER TABLE shop.big REPLICA IDENTITY FULL
    big:AX
ALTER TABLE shop.big SET TABLESPACE pg_default
    big:AX
ALTER TABLE shop.big ALTER n ADD GENERATED ALWAYS AS IDENTITY
    big:AX; makes big_n_seq
""")
