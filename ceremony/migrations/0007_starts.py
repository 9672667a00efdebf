"""What people start from a page, and what became of it: evidence (see 0002)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

EVIDENCE = ("runstart", "runstartstep")

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
        ('ceremony', '0006_ceremonies'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RunStart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('deed', models.CharField(choices=[('run', 'run'), ('way back', 'way back'), ('verify', 'verify')], max_length=20)),
                ('command', models.JSONField(default=list)),
                ('username', models.CharField(max_length=255)),
                ('token', models.CharField(max_length=80, unique=True)),
                ('host', models.CharField(max_length=255)),
                ('at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('ceremony', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='starts', to='ceremony.ceremony')),
                ('manifest', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ceremony.storedmanifest')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='RunStartStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('station', models.CharField(choices=[('taken up', 'taken up'), ('ended', 'ended')], max_length=10)),
                ('host', models.CharField(max_length=255)),
                ('pid', models.PositiveIntegerField()),
                ('status', models.IntegerField(null=True)),
                ('said', models.TextField(blank=True)),
                ('at', models.DateTimeField()),
                ('start', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='ceremony.runstart')),
            ],
            options={
                'ordering': ['id'],
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('start', 'station'), name='ceremony_start_once')],
            },
        ),
        *(
            migrations.RunSQL(
                APPEND_ONLY.format(table=f"ceremony_{name}"),
                DROP_APPEND_ONLY.format(table=f"ceremony_{name}"),
            )
            for name in EVIDENCE
        ),
    ]
