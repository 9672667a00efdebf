"""Ceremonies: their states, manifests, sign-offs, checklists, halts and reports.

All but the ceremony's own row is evidence and takes no UPDATE, DELETE or TRUNCATE (see 0002).
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


EVIDENCE = (
    "blob",
    "transition",
    "storedmanifest",
    "signoff",
    "spending",
    "ceremonyrun",
    "judgeditem",
    "haltstep",
    "remark",
    "storedreport",
)

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
        ('ceremony', '0005_run_kinds'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Blob',
            fields=[
                ('digest', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('size', models.PositiveIntegerField()),
                ('data', models.BinaryField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='StoredManifest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('round', models.PositiveIntegerField()),
                ('fingerprint', models.CharField(max_length=80, unique=True)),
                ('document', models.TextField()),
                ('why', models.TextField(blank=True)),
                ('made_by', models.CharField(max_length=255)),
                ('made_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['ceremony_id', 'round'],
                'default_permissions': ('view',),
            },
        ),
        migrations.AlterField(
            model_name='run',
            name='kind',
            field=models.CharField(choices=[('apply', 'apply'), ('roll back', 'roll back'), ('verify', 'verify'), ('reconcile', 'reconcile'), ('baseline', 'baseline'), ('retire', 'retire'), ('watch', 'watch')], max_length=20),
        ),
        migrations.CreateModel(
            name='Ceremony',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('series', models.CharField(max_length=100)),
                ('direction', models.CharField(choices=[('apply', 'apply'), ('roll back', 'roll back')], max_length=20)),
                ('title', models.CharField(max_length=300)),
                ('environment', models.CharField(max_length=100)),
                ('policy', models.CharField(max_length=100)),
                ('risk', models.CharField(blank=True, max_length=10)),
                ('authors', models.JSONField(default=list)),
                ('requester', models.CharField(max_length=255)),
                ('created_at', models.DateTimeField(db_index=True)),
                ('state', models.CharField(choices=[('draft', 'draft'), ('requested', 'requested'), ('changes requested', 'changes requested'), ('approved', 'approved'), ('running', 'running'), ('halted', 'halted'), ('verifying', 'verifying'), ('awaiting sign-off', 'awaiting sign-off'), ('signed off', 'signed off'), ('rolled back', 'rolled back'), ('rejected', 'rejected'), ('cancelled', 'cancelled'), ('expired', 'expired')], default='draft', max_length=20)),
                ('round', models.PositiveIntegerField(default=0)),
                ('fingerprint', models.CharField(blank=True, db_index=True, max_length=80)),
                ('transitions', models.PositiveIntegerField(default=0)),
                ('changed_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(null=True)),
                ('overridden', models.BooleanField(default=False)),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ceremonies', to='ceremony.target')),
            ],
            options={
                'verbose_name_plural': 'ceremonies',
                'ordering': ['-id'],
                'permissions': [('request_ceremony', 'Can request a ceremony'), ('sign_ceremony', 'Can sign: approve before a run, accept after it'), ('run_ceremony', 'Can run an approved ceremony'), ('halt_ceremony', 'Can halt, and decide about a halt'), ('override_ceremony', 'Can run without an approval (break-glass)')],
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='HaltStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('halt', models.UUIDField(db_index=True)),
                ('station', models.CharField(choices=[('stop', 'stop'), ('assess', 'assess'), ('decide', 'decide'), ('execute', 'execute'), ('document', 'document'), ('lift', 'lift')], max_length=10)),
                ('condition', models.CharField(blank=True, max_length=100)),
                ('decision', models.CharField(blank=True, max_length=20)),
                ('text', models.TextField()),
                ('detail', models.JSONField(default=dict)),
                ('by', models.CharField(max_length=255)),
                ('at', models.DateTimeField()),
                ('ledger_sequence', models.PositiveBigIntegerField(default=0)),
                ('ceremony', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='halts', to='ceremony.ceremony')),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='halts', to='ceremony.target')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='Remark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('issue', 'issue met'), ('lesson', 'lesson learned'), ('recommendation', 'recommendation')], max_length=20)),
                ('text', models.TextField()),
                ('by', models.CharField(max_length=255)),
                ('at', models.DateTimeField()),
                ('ceremony', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='remarks', to='ceremony.ceremony')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='Spending',
            fields=[
                ('manifest', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='spending', serialize=False, to='ceremony.storedmanifest')),
                ('at', models.DateTimeField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.AddField(
            model_name='storedmanifest',
            name='ceremony',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='manifests', to='ceremony.ceremony'),
        ),
        migrations.CreateModel(
            name='SignOff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(choices=[('approval', 'approval'), ('acceptance', 'acceptance'), ('decision', 'decision'), ('review', 'review')], max_length=20)),
                ('decision', models.CharField(choices=[('comment', 'comment'), ('approve', 'approve'), ('request changes', 'request changes'), ('reject', 'reject'), ('withdraw', 'withdraw')], max_length=20)),
                ('subject', models.CharField(max_length=80)),
                ('username', models.CharField(max_length=255)),
                ('groups', models.JSONField(default=list)),
                ('meaning', models.TextField()),
                ('comment', models.TextField(blank=True)),
                ('accepted', models.JSONField(default=list)),
                ('reauthenticated', models.BooleanField(default=False)),
                ('signed_at', models.DateTimeField()),
                ('event', models.PositiveBigIntegerField(unique=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('manifest', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sign_offs', to='ceremony.storedmanifest')),
            ],
            options={
                'ordering': ['id'],
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='JudgedItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('phase', models.CharField(choices=[('pre-flight', 'pre-flight'), ('verification', 'verification'), ('acceptance', 'acceptance')], max_length=20)),
                ('item', models.CharField(max_length=200)),
                ('text', models.TextField()),
                ('kind', models.CharField(choices=[('automatic', 'automatic'), ('human', 'human')], max_length=10)),
                ('result', models.CharField(choices=[('PASS', 'PASS'), ('FAIL', 'FAIL'), ('WAIVED', 'WAIVED'), ('NOT RUN', 'NOT RUN')], max_length=10)),
                ('explanation', models.TextField(blank=True)),
                ('evidence', models.JSONField(default=dict)),
                ('by', models.CharField(blank=True, max_length=255)),
                ('at', models.DateTimeField()),
                ('blob', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ceremony.blob')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('manifest', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='ceremony.storedmanifest')),
            ],
            options={
                'ordering': ['id'],
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='CeremonyRun',
            fields=[
                ('run', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='in_ceremony', serialize=False, to='ceremony.run')),
                ('purpose', models.CharField(choices=[('change', 'change'), ('override', 'override'), ('way back', 'way back'), ('watch', 'watch')], max_length=20)),
                ('reason', models.TextField(blank=True)),
                ('ceremony', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='ceremony.ceremony')),
                ('manifest', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='ceremony.storedmanifest')),
            ],
            options={
                'ordering': ['run_id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='StoredReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20)),
                ('document', models.TextField()),
                ('digest', models.CharField(max_length=80)),
                ('made_by', models.CharField(max_length=255)),
                ('made_at', models.DateTimeField()),
                ('ceremony', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='ceremony.ceremony')),
            ],
            options={
                'ordering': ['-id'],
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='Transition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('act', models.CharField(choices=[('request', 'request'), ('request changes', 'request changes'), ('approve', 'approve'), ('withdraw', 'withdraw'), ('reject', 'reject'), ('cancel', 'cancel'), ('expire', 'expire'), ('start', 'start'), ('override', 'override'), ('finish', 'finish'), ('verify', 'verify'), ('halt', 'halt'), ('accept as is', 'accept as is'), ('roll back', 'roll back'), ('sign off', 'sign off')], max_length=20)),
                ('before', models.CharField(choices=[('draft', 'draft'), ('requested', 'requested'), ('changes requested', 'changes requested'), ('approved', 'approved'), ('running', 'running'), ('halted', 'halted'), ('verifying', 'verifying'), ('awaiting sign-off', 'awaiting sign-off'), ('signed off', 'signed off'), ('rolled back', 'rolled back'), ('rejected', 'rejected'), ('cancelled', 'cancelled'), ('expired', 'expired')], max_length=20)),
                ('after', models.CharField(choices=[('draft', 'draft'), ('requested', 'requested'), ('changes requested', 'changes requested'), ('approved', 'approved'), ('running', 'running'), ('halted', 'halted'), ('verifying', 'verifying'), ('awaiting sign-off', 'awaiting sign-off'), ('signed off', 'signed off'), ('rolled back', 'rolled back'), ('rejected', 'rejected'), ('cancelled', 'cancelled'), ('expired', 'expired')], max_length=20)),
                ('actor', models.CharField(max_length=255)),
                ('at', models.DateTimeField()),
                ('event', models.PositiveBigIntegerField()),
                ('ceremony', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='history', to='ceremony.ceremony')),
            ],
            options={
                'ordering': ['ceremony_id', 'number'],
                'default_permissions': ('view',),
            },
        ),
        migrations.AddIndex(
            model_name='ceremony',
            index=models.Index(fields=['target', 'state'], name='ceremony_ceremony_open'),
        ),
        migrations.AddIndex(
            model_name='ceremony',
            index=models.Index(fields=['state', '-id'], name='ceremony_ceremony_state'),
        ),
        migrations.AddConstraint(
            model_name='haltstep',
            constraint=models.UniqueConstraint(condition=models.Q(('station__in', ['stop', 'lift'])), fields=('halt', 'station'), name='ceremony_halt_begins_and_ends_once'),
        ),
        migrations.AddField(
            model_name='spending',
            name='run',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='spending', to='ceremony.run'),
        ),
        migrations.AddConstraint(
            model_name='storedmanifest',
            constraint=models.UniqueConstraint(fields=('ceremony', 'round'), name='ceremony_manifest_round'),
        ),
        migrations.AddConstraint(
            model_name='signoff',
            constraint=models.UniqueConstraint(condition=models.Q(('decision', 'comment'), _negated=True), fields=('manifest', 'purpose', 'subject', 'user', 'decision'), name='ceremony_signoff_once'),
        ),
        migrations.AddIndex(
            model_name='judgeditem',
            index=models.Index(fields=['manifest', 'phase', 'item', '-id'], name='ceremony_item_newest'),
        ),
        migrations.AddConstraint(
            model_name='transition',
            constraint=models.UniqueConstraint(fields=('ceremony', 'number'), name='ceremony_transition_number'),
        ),
        *(
            migrations.RunSQL(
                APPEND_ONLY.format(table=f"ceremony_{table}"),
                DROP_APPEND_ONLY.format(table=f"ceremony_{table}"),
            )
            for table in EVIDENCE
        ),
    ]
