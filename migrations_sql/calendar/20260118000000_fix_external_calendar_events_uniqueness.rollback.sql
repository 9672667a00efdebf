-- Puts back what the migration changed, which it wrote into the comment of the constraint.
-- Without such a comment it changed nothing, and nothing is done here.
-- Rows that a former uniqueness would refuse stop this rollback; they are not deleted.

-- lint: allow lint-dynamic-sql (the constraint and the definitions in its comment are found when it runs)
DO $$
DECLARE
    events      CONSTANT regclass := 'public.external_calendar_events'::regclass;
    right_name  CONSTANT name := 'external_calendar_events_provider_source_external_id_key';
    fix         jsonb;
    former      jsonb;
BEGIN
    SELECT obj_description(oid, 'pg_constraint')::jsonb INTO fix
    FROM pg_constraint
    WHERE conrelid = events
      AND conname = right_name
      AND obj_description(oid, 'pg_constraint') LIKE '{%"fixed_by": "20260118000000"%}';
    IF fix IS NULL THEN
        RETURN;
    END IF;

    IF (fix->>'added')::boolean THEN
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', events, right_name);
    ELSE
        EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', right_name, events, fix->>'remark');
    END IF;

    FOR former IN SELECT * FROM jsonb_array_elements(fix->'dropped') LOOP
        IF (former->>'constraint')::boolean THEN
            EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s',
                           events, former->>'name', former->>'definition');
            EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L',
                           former->>'name', events, former->>'remark');
        ELSE
            EXECUTE former->>'definition';
            EXECUTE format('COMMENT ON INDEX public.%I IS %L', former->>'name', former->>'remark');
        END IF;
    END LOOP;
END
$$;
