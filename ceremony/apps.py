"""The Django application."""

from django.apps import AppConfig
from django.core.checks import Tags, register

from ceremony.checks import check_series


class CeremonyConfig(AppConfig):
    """Registers the app and its system checks; opens no connection at start-up."""

    name = "ceremony"
    verbose_name = "Migration ceremonies"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register(check_series, Tags.database)
