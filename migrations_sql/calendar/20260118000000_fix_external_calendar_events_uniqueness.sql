-- Purpose: an external event is unique per provider, calendar and event, and by nothing narrower
-- Depends: 20260117000000_calendar_sync_foundations (creates external_calendar_events)
-- Risk: medium
-- Reversible: yes

-- Where a wrong uniqueness is found it is dropped, and its definition is kept in the comment of the
-- right constraint, so that the rollback can put it back. Otherwise nothing happens at all.
-- lint: allow lint-dynamic-sql (which constraint or index is the wrong one is found when it runs)
DO $$
DECLARE
    events      CONSTANT regclass := 'public.external_calendar_events'::regclass;
    right_name  CONSTANT name := 'external_calendar_events_provider_source_external_id_key';
    right_def   CONSTANT text := 'UNIQUE (provider_id, calendar_provider, external_event_id)';
    wrong       record;
    dropped     jsonb := '[]';
    added       boolean := false;
    remark      text;
BEGIN
    SELECT obj_description(oid, 'pg_constraint') INTO remark
    FROM pg_constraint
    WHERE conrelid = events AND conname = right_name;

    FOR wrong IN
        SELECT coalesce(k.conname, c.relname) AS name,
               k.oid IS NOT NULL AS is_constraint,
               coalesce(pg_get_constraintdef(k.oid), pg_get_indexdef(i.indexrelid)) AS definition,
               coalesce(obj_description(k.oid, 'pg_constraint'),
                        obj_description(i.indexrelid, 'pg_class')) AS remark
        FROM pg_index i
        JOIN pg_class c ON c.oid = i.indexrelid
        JOIN pg_attribute a
            ON a.attrelid = i.indrelid
            AND a.attnum = ANY (i.indkey)
            AND a.attname = 'external_event_id'
        LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype = 'u'
        WHERE i.indrelid = events
          AND i.indisunique
          AND NOT i.indisprimary
          AND (k.conname IS DISTINCT FROM right_name OR pg_get_constraintdef(k.oid) <> right_def)
        ORDER BY 1
    LOOP
        IF wrong.is_constraint THEN
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', events, wrong.name);
        ELSE
            EXECUTE format('DROP INDEX public.%I', wrong.name);
        END IF;
        dropped := dropped || jsonb_build_object(
            'name', wrong.name, 'constraint', wrong.is_constraint,
            'definition', wrong.definition, 'remark', wrong.remark);
        RAISE WARNING 'dropped a wrong uniqueness: % %', wrong.name, wrong.definition;
    END LOOP;

    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = events AND conname = right_name) THEN
        EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s', events, right_name, right_def);
        added := true;
    END IF;

    IF added OR dropped <> '[]' THEN
        EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', right_name, events,
            jsonb_build_object('fixed_by', '20260118000000', 'added', added, 'dropped', dropped,
                               'remark', remark)::text);
    END IF;
END
$$;
