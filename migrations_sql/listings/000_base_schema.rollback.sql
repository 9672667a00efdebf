-- Drops both tables with their rows.

DROP TABLE IF EXISTS settings;
DROP TABLE IF EXISTS listings;
