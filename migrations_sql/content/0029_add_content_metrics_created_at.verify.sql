-- check: content_metrics has its time
-- when: always
-- expect: value timestamp with time zone
SELECT format_type(atttypid, atttypmod)
FROM pg_attribute
WHERE attrelid = 'public.content_metrics'::regclass AND attname = 'created_at' AND NOT attisdropped;
