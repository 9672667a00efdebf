-- Purpose: the users, organizations, courses and state table that the outbox stands on
-- Risk: low
-- Reversible: yes
-- Data loss: rollback (drops auth.users, organizations, courses and fsm_state)

-- Roles belong to the whole server, so another database or session may create the same one.
-- It is created where absent, and no rollback ever drops it.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'authenticated') THEN
        CREATE ROLE authenticated NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        RAISE NOTICE 'role authenticated was created by another session';
END
$$;

CREATE SCHEMA IF NOT EXISTS auth;

CREATE TABLE IF NOT EXISTS auth.users (
    id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    email       text,
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS organizations (
    id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    name        text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS courses (
    id               uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    title            text        NOT NULL,
    slug             text        NOT NULL,
    user_id          uuid,
    organization_id  uuid,
    created_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT courses_slug_unique UNIQUE (slug),
    CONSTRAINT courses_user_id_fkey
        FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE SET NULL,
    CONSTRAINT courses_organization_id_fkey
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS idx_courses_user ON courses (user_id);
CREATE INDEX IF NOT EXISTS idx_courses_organization ON courses (organization_id);

CREATE TABLE IF NOT EXISTS fsm_state (
    entity_id   uuid        PRIMARY KEY,
    state       varchar(50) NOT NULL,
    version     integer     NOT NULL DEFAULT 1,
    created_by  varchar(20) NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT fsm_state_entity_id_fkey
        FOREIGN KEY (entity_id) REFERENCES courses (id) ON DELETE CASCADE,
    CONSTRAINT fsm_state_version_check CHECK (version >= 1)
);

-- Row-level security without a policy admits the owner alone, as the functions of the series need it.
ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE courses ENABLE ROW LEVEL SECURITY;
ALTER TABLE fsm_state ENABLE ROW LEVEL SECURITY;
