"""Snapshots of catalogs. They are evidence: append-only, by the same triggers as in 0002."""

import django.db.models.deletion
from django.db import migrations, models

EVIDENCE = ("ceremony_catalogcontent", "ceremony_catalogsnapshot")

APPEND_ONLY = """
CREATE TRIGGER append_only_statement BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION ceremony_refuse_change();
CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION ceremony_refuse_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only_statement;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only_row;
"""

DROP_APPEND_ONLY = """
DROP TRIGGER append_only_statement ON {table};
DROP TRIGGER append_only_row ON {table};
"""


class Migration(migrations.Migration):

    dependencies = [
        ('ceremony', '0002_append_only'),
    ]

    operations = [
        migrations.CreateModel(
            name='CatalogContent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('algorithm', models.CharField(max_length=40)),
                ('server_major', models.PositiveSmallIntegerField()),
                ('digest', models.CharField(max_length=120)),
                ('rights_digest', models.CharField(max_length=120)),
                ('cosmetic_digest', models.CharField(max_length=120)),
                ('objects_count', models.PositiveIntegerField()),
                ('body', models.BinaryField()),
            ],
            options={
                'default_permissions': ('view',),
                'constraints': [models.UniqueConstraint(fields=('digest', 'rights_digest', 'cosmetic_digest', 'server_major'), name='ceremony_catalogcontent_identity')],
            },
        ),
        migrations.CreateModel(
            name='CatalogSnapshot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('run', 'run'), ('accepted', 'accepted'), ('adopted', 'adopted')], max_length=20)),
                ('why', models.TextField(blank=True)),
                ('taken_at', models.DateTimeField()),
                ('ledger_id', models.UUIDField()),
                ('ledger_sequence', models.PositiveBigIntegerField()),
                ('ledger_hash', models.CharField(max_length=64)),
                ('content', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='snapshots', to='ceremony.catalogcontent')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='snapshots', to='ceremony.run')),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='snapshots', to='ceremony.target')),
            ],
            options={
                'verbose_name': 'snapshot',
                'ordering': ['-id'],
                'default_permissions': ('view',),
                'indexes': [models.Index(fields=['target', '-id'], name='ceremony_snapshot_newest')],
            },
        ),
        *(
            migrations.RunSQL(
                APPEND_ONLY.format(table=table), DROP_APPEND_ONLY.format(table=table)
            )
            for table in EVIDENCE
        ),
    ]
