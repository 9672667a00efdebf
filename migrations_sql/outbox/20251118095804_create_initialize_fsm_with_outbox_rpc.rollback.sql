-- Drops the function. The rows it wrote stay in their tables.

DROP FUNCTION IF EXISTS initialize_fsm_with_outbox(uuid, uuid, uuid, text, text, text, jsonb, jsonb);
