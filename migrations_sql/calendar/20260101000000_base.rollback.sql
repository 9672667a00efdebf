-- Deletes the bookings, then the providers they belong to.

DROP TABLE IF EXISTS bookings;
DROP TABLE IF EXISTS providers;
