-- Keeps the function and everything it wrote; nobody but its owner may call it any more.

REVOKE ALL ON FUNCTION initialize_fsm_with_outbox(uuid, uuid, uuid, text, text, text, jsonb, jsonb)
    FROM authenticated, PUBLIC;
