-- 4 migrations of shop to apply on shop (local).
-- Plan plan1:00
--
-- This is what Ceremony would run, statement by statement, for a person to read. Run by hand, it
-- changes the database and leaves no trace in the ledger: no row is written, no check is run,
-- nobody is asked.
--   psql --no-psqlrc --file this.sql '<connection string>'
\set ON_ERROR_STOP on
SET client_encoding = 'UTF8';
SET search_path = public;
SET standard_conforming_strings = on;
SET DateStyle = 'ISO, MDY';
SET IntervalStyle = 'postgres';
SET lock_timeout = '5000ms';
SET statement_timeout = '0ms';

-- 1 of 4: 0001_orders
-- Note: high risk
-- File: shop/0001_orders.sql
-- Bytes: sha256:0000000000000000000000000000000000000000000000000000000000000092
-- Meaning: meaning1:0000000000000000000000000000000000000000000000000000000000000092
-- Ledger row, not written by this script: applied shop 0001 orders
BEGIN;
SET LOCAL lock_timeout = '3000ms';
SET LOCAL statement_timeout = '600000ms';
CREATE TABLE orders (id int, note text);
COPY orders FROM stdin;
1	café ; $$ :x \\
2	\N
\.
CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END;
COMMIT;

-- 2 of 4: 0002_index
-- Note: outside a transaction
-- File: shop/0002_index.sql
-- Bytes: sha256:000000000000000000000000000000000000000000000000000000000000003c
-- Meaning: meaning1:000000000000000000000000000000000000000000000000000000000000003c
-- Ledger row, not written by this script: applied shop 0002 index
CREATE INDEX CONCURRENTLY one ON orders (id);
ANALYZE orders;

-- 3 of 4: 0003_more
-- Note: outside a transaction
-- Note: goes on after statement 1
-- File: shop/0003_more.sql
-- Bytes: sha256:000000000000000000000000000000000000000000000000000000000000003a
-- Meaning: meaning1:000000000000000000000000000000000000000000000000000000000000003a
-- Ledger row, not written by this script: applied shop 0003 more
SET lock_timeout = '1000ms';
CREATE INDEX CONCURRENTLY two ON orders (note);
SET lock_timeout = '5000ms';

-- 4 of 4: 0004_renamed
-- Note: superseded: nothing runs, only the ledger row is written
-- Ledger row, not written by this script: superseded shop 0004 renamed
