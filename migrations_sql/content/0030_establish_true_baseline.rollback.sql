-- Drops what the baseline built on a fresh database, in the reverse order of its foreign keys.
-- Where 0030 was recorded as the baseline of a live database, the rollback is refused.

DROP TABLE IF EXISTS feature_flags;
DROP TABLE IF EXISTS analytics_events;
DROP TABLE IF EXISTS payment_events;
DROP TABLE IF EXISTS subscriptions;
DROP TABLE IF EXISTS notifications;
DROP TABLE IF EXISTS post_schedules;
DROP TABLE IF EXISTS social_post_metrics;
DROP TABLE IF EXISTS social_posts;
DROP TABLE IF EXISTS social_accounts;
DROP TABLE IF EXISTS ai_usage_records;
DROP TABLE IF EXISTS ai_generation_tasks;
DROP TABLE IF EXISTS hashtag_suggestions;
DROP TABLE IF EXISTS hashtags;
DROP TABLE IF EXISTS niches;
DROP TABLE IF EXISTS thumbnails;
DROP TABLE IF EXISTS media_assets;
DROP TABLE IF EXISTS content_ideas;
DROP TABLE IF EXISTS content_metrics;
DROP TABLE IF EXISTS content_versions;
DROP TABLE IF EXISTS content;
DROP TABLE IF EXISTS project_templates;
DROP TABLE IF EXISTS project_members;
DROP TABLE IF EXISTS projects;
DROP TABLE IF EXISTS user_activity_logs;
DROP TABLE IF EXISTS user_settings;
DROP TABLE IF EXISTS password_reset_tokens;
DROP TABLE IF EXISTS sessions;
DROP TABLE IF EXISTS users;
