-- Drops the base. The role authenticated stays: other databases of the server may use it.

DROP TABLE IF EXISTS fsm_state;
DROP TABLE IF EXISTS courses;
DROP TABLE IF EXISTS organizations;
DROP TABLE IF EXISTS auth.users;
DROP SCHEMA IF EXISTS auth;
