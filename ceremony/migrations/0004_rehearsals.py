"""Rehearsals. They are evidence: append-only, by the same triggers as in 0002."""

from django.db import migrations, models

TABLE = "ceremony_rehearsal"

APPEND_ONLY = f"""
CREATE TRIGGER append_only_statement BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION ceremony_refuse_change();
CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION ceremony_refuse_change();
ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER append_only_statement;
ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER append_only_row;
"""

DROP_APPEND_ONLY = f"""
DROP TRIGGER append_only_statement ON {TABLE};
DROP TRIGGER append_only_row ON {TABLE};
"""


class Migration(migrations.Migration):
    dependencies = [("ceremony", "0003_catalog_snapshots")]

    operations = [
        migrations.CreateModel(
            name="Rehearsal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("series", models.CharField(max_length=100)),
                ("alias", models.CharField(max_length=100)),
                ("environment", models.CharField(blank=True, max_length=100)),
                ("source", models.CharField(max_length=200)),
                ("is_clean", models.BooleanField()),
                ("migrations", models.PositiveIntegerField()),
                ("faults", models.PositiveIntegerField()),
                ("server_version", models.PositiveIntegerField()),
                ("actor", models.CharField(max_length=255)),
                ("host", models.CharField(max_length=255)),
                ("command_line", models.TextField(blank=True)),
                ("tool_version", models.CharField(max_length=50)),
                ("seconds", models.FloatField()),
                ("recorded_at", models.DateTimeField(db_index=True)),
                ("digest", models.CharField(max_length=120)),
                ("certificate", models.JSONField()),
            ],
            options={
                "ordering": ["-id"],
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["alias", "series", "-id"], name="ceremony_rehearsal_newest")],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, DROP_APPEND_ONLY),
    ]
