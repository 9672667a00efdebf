-- Deletes the catalogue.

DROP TABLE IF EXISTS rebalancing_reason_codes;
