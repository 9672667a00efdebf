"""Runs that record without running: a baseline, a retirement."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The words of a run's kind."""

    dependencies = [("ceremony", "0004_rehearsals")]

    operations = [
        migrations.AlterField(
            model_name="run",
            name="kind",
            field=models.CharField(
                choices=[
                    ("apply", "apply"),
                    ("roll back", "roll back"),
                    ("verify", "verify"),
                    ("reconcile", "reconcile"),
                    ("baseline", "baseline"),
                    ("retire", "retire"),
                ],
                max_length=20,
            ),
        ),
    ]
