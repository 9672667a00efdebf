-- check: the database is fresh (record the baseline of a live one instead of running it)
-- when: before
-- severity: block
-- expect: no rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relkind = 'r'
  AND relname IN (
    'users', 'sessions', 'password_reset_tokens', 'user_settings', 'user_activity_logs',
    'projects', 'project_members', 'project_templates', 'content', 'content_versions',
    'content_metrics', 'content_ideas', 'media_assets', 'thumbnails', 'niches', 'hashtags',
    'hashtag_suggestions', 'ai_generation_tasks', 'ai_usage_records', 'social_accounts',
    'social_posts', 'social_post_metrics', 'post_schedules', 'notifications', 'subscriptions',
    'payment_events', 'analytics_events', 'feature_flags'
  );

-- check: all 28 tables exist
-- when: always
-- expect: 28 rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relkind = 'r'
  AND relname IN (
    'users', 'sessions', 'password_reset_tokens', 'user_settings', 'user_activity_logs',
    'projects', 'project_members', 'project_templates', 'content', 'content_versions',
    'content_metrics', 'content_ideas', 'media_assets', 'thumbnails', 'niches', 'hashtags',
    'hashtag_suggestions', 'ai_generation_tasks', 'ai_usage_records', 'social_accounts',
    'social_posts', 'social_post_metrics', 'post_schedules', 'notifications', 'subscriptions',
    'payment_events', 'analytics_events', 'feature_flags'
  )
ORDER BY relname;

-- check: every required column exists
-- when: always
-- expect: no rows
SELECT wanted.relation, wanted.name
FROM (VALUES
    ('users', 'id'),
    ('users', 'email'),
    ('users', 'first_name'),
    ('users', 'last_name'),
    ('users', 'created_at'),
    ('projects', 'id'),
    ('projects', 'user_id'),
    ('projects', 'name'),
    ('projects', 'type'),
    ('projects', 'status'),
    ('projects', 'created_at'),
    ('content', 'id'),
    ('content', 'user_id'),
    ('content', 'title'),
    ('content', 'platform'),
    ('content', 'content_type'),
    ('content', 'status'),
    ('content', 'created_at'),
    ('content_metrics', 'id'),
    ('content_metrics', 'content_id'),
    ('content_metrics', 'platform'),
    ('content_metrics', 'created_at'),
    ('post_schedules', 'id'),
    ('post_schedules', 'platform'),
    ('post_schedules', 'scheduled_at'),
    ('post_schedules', 'status'),
    ('post_schedules', 'created_at')
) AS wanted (relation, name)
WHERE NOT EXISTS (
    SELECT FROM pg_attribute a
    WHERE a.attrelid = to_regclass('public.' || wanted.relation)
      AND a.attname = wanted.name
      AND NOT a.attisdropped
);

-- check: every optional column exists
-- when: always
-- severity: warn
-- expect: no rows
SELECT wanted.relation, wanted.name
FROM (VALUES
    ('users', 'password'),
    ('users', 'password_hash'),
    ('users', 'profile_image_url'),
    ('users', 'is_active'),
    ('projects', 'description'),
    ('projects', 'template'),
    ('projects', 'platform'),
    ('projects', 'tags'),
    ('projects', 'metadata'),
    ('content', 'description'),
    ('content', 'script'),
    ('content', 'published_at'),
    ('content', 'thumbnail_url'),
    ('content', 'video_url'),
    ('content', 'tags'),
    ('content', 'metadata'),
    ('content', 'ai_generated'),
    ('content_metrics', 'views'),
    ('content_metrics', 'likes'),
    ('content_metrics', 'comments'),
    ('content_metrics', 'shares'),
    ('content_metrics', 'engagement_rate'),
    ('content_metrics', 'revenue'),
    ('post_schedules', 'social_post_id'),
    ('post_schedules', 'retry_count'),
    ('post_schedules', 'error_message'),
    ('post_schedules', 'metadata')
) AS wanted (relation, name)
WHERE NOT EXISTS (
    SELECT FROM pg_attribute a
    WHERE a.attrelid = to_regclass('public.' || wanted.relation)
      AND a.attname = wanted.name
      AND NOT a.attisdropped
);

-- check: every foreign key says what happens on delete
-- when: always
-- expect: no rows
SELECT conrelid::regclass AS relation, conname
FROM pg_constraint
WHERE contype = 'f'
  AND confdeltype = 'a'
  AND conrelid IN (
    SELECT oid FROM pg_class
    WHERE relnamespace = 'public'::regnamespace
      AND relname IN (
        'users', 'sessions', 'password_reset_tokens', 'user_settings', 'user_activity_logs',
        'projects', 'project_members', 'project_templates', 'content', 'content_versions',
        'content_metrics', 'content_ideas', 'media_assets', 'thumbnails', 'niches', 'hashtags',
        'hashtag_suggestions', 'ai_generation_tasks', 'ai_usage_records', 'social_accounts',
        'social_posts', 'social_post_metrics', 'post_schedules', 'notifications', 'subscriptions',
        'payment_events', 'analytics_events', 'feature_flags'
      )
  );

-- check: the lookup indexes exist and are valid
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('idx_sessions_expire'),
    ('idx_password_reset_tokens_user'),
    ('idx_user_activity_logs_user'),
    ('idx_projects_user'),
    ('idx_project_members_user'),
    ('idx_content_user'),
    ('idx_content_project'),
    ('idx_content_status'),
    ('idx_content_metrics_content'),
    ('idx_content_ideas_user'),
    ('idx_media_assets_user'),
    ('idx_media_assets_content'),
    ('idx_thumbnails_content'),
    ('idx_hashtag_suggestions_niche'),
    ('idx_hashtag_suggestions_hashtag'),
    ('idx_ai_generation_tasks_user'),
    ('idx_ai_usage_records_task'),
    ('idx_ai_usage_records_user'),
    ('idx_social_accounts_user'),
    ('idx_social_posts_user'),
    ('idx_social_posts_account'),
    ('idx_social_posts_content'),
    ('idx_social_post_metrics_post'),
    ('idx_post_schedules_post'),
    ('idx_post_schedules_due'),
    ('idx_notifications_user'),
    ('idx_subscriptions_user'),
    ('idx_payment_events_subscription'),
    ('idx_analytics_events_user'),
    ('idx_analytics_events_name')
) AS wanted (name)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('public.' || wanted.name)
WHERE i.indisvalid IS NOT TRUE;

-- check: a user, a project, its content and a metric fit together
-- expect: success
INSERT INTO users (id, email, first_name, last_name)
VALUES (-1, 'check-0030-1@example.org', 'Check', 'User');
INSERT INTO projects (id, user_id, name, type) VALUES (-1, -1, 'Check', 'video');
INSERT INTO content (id, user_id, project_id, title, platform, content_type)
VALUES (-1, -1, -1, 'Check', 'video', 'short');
INSERT INTO content_metrics (id, content_id, platform) VALUES (-1, -1, 'video');
INSERT INTO post_schedules (id, platform, scheduled_at) VALUES (-1, 'video', '2026-01-05 09:00+00');

-- check: a repeated e-mail address is refused
-- expect: error unique_violation on users_email_unique
INSERT INTO users (id, email, first_name, last_name)
VALUES (-1, 'check-0030-2@example.org', 'Check', 'User');
INSERT INTO users (id, email, first_name, last_name)
VALUES (-2, 'check-0030-2@example.org', 'Other', 'User');

-- check: content of an unknown user is refused
-- expect: error foreign_key_violation on content_user_id_fkey
INSERT INTO content (id, user_id, title, platform, content_type)
VALUES (-1, -1, 'Check', 'video', 'short');

-- check: a metric of unknown content is refused
-- expect: error foreign_key_violation on content_metrics_content_id_fkey
INSERT INTO content_metrics (id, content_id, platform) VALUES (-1, -1, 'video');

-- check: all 28 tables are gone
-- when: after rollback
-- expect: no rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN (
    'users', 'sessions', 'password_reset_tokens', 'user_settings', 'user_activity_logs',
    'projects', 'project_members', 'project_templates', 'content', 'content_versions',
    'content_metrics', 'content_ideas', 'media_assets', 'thumbnails', 'niches', 'hashtags',
    'hashtag_suggestions', 'ai_generation_tasks', 'ai_usage_records', 'social_accounts',
    'social_posts', 'social_post_metrics', 'post_schedules', 'notifications', 'subscriptions',
    'payment_events', 'analytics_events', 'feature_flags'
  );
