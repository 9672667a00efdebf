"""Indexes with which lists answer over a million events: filters, and what begins with a word."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ceremony', '0007_starts'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='checkrecord',
            options={'default_permissions': ('view',), 'ordering': ['id'], 'verbose_name': 'check result'},
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['series', '-sequence'], name='ceremony_auditevent_series'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['subject', '-sequence'], name='ceremony_auditevent_subject', opclasses=['varchar_pattern_ops', 'int8_ops']),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['actor', '-sequence'], name='ceremony_auditevent_actor', opclasses=['varchar_pattern_ops', 'int8_ops']),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['hash'], name='ceremony_auditevent_hash', opclasses=['varchar_pattern_ops']),
        ),
        migrations.AddIndex(
            model_name='checkrecord',
            index=models.Index(fields=['result', '-id'], name='ceremony_check_result'),
        ),
        migrations.AddIndex(
            model_name='checkrecord',
            index=models.Index(fields=['series', 'version', '-id'], name='ceremony_check_migration'),
        ),
    ]
