"""The Django application."""

from django.apps import AppConfig


class CeremonyConfig(AppConfig):
    """Registers the app; does no work and opens no connection at start-up."""

    name = "ceremony"
    verbose_name = "Migration ceremonies"
    default_auto_field = "django.db.models.BigAutoField"
