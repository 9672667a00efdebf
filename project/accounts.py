"""The demo accounts: one person for each part in a ceremony. For development only."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction

from ceremony.errors import Refused
from project.environment import kept_secret

PARTS = ("author", "reviewer", "dba", "operator", "auditor")
PASSWORD_LENGTH = 12


@dataclass(frozen=True)
class DemoAccounts:
    """Who may log in, and with what password (one for all of them)."""

    names: tuple[str, ...]
    password: str


@transaction.atomic
def ensure() -> DemoAccounts:
    """Make or mend the demo accounts: staff, in the group of the same name, seeing everything.

    The password is random and this checkout's own. Raises ``Refused`` (``accounts-refused``) where
    DEBUG is off.
    """
    if not settings.DEBUG:
        raise Refused(
            "accounts-refused",
            "Demo accounts have a printed password; DEBUG is off, so they are not made.",
            next_step="python manage.py createsuperuser, or DEBUG=on on a development machine",
        )
    password = kept_secret(settings.STATE_DIR, "demo_password")[:PASSWORD_LENGTH]
    seeing = Permission.objects.filter(
        content_type__app_label="ceremony", codename__startswith="view_"
    )
    for name in PARTS:
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*seeing)
        user, _ = User.objects.get_or_create(username=name)
        user.is_staff = user.is_active = True
        if not user.check_password(password):
            user.set_password(password)
        user.save()
        user.groups.add(group)
    return DemoAccounts(PARTS, password)
