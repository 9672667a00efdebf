-- Drops the users. It fails while another table still refers to them.

DROP TABLE IF EXISTS users;
