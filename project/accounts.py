"""The demo accounts: one person for each part in a ceremony. For development only."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction

from ceremony.actions.people import HALT, OVERRIDE, REQUEST, RUN, SIGN
from ceremony.errors import Refused
from project.environment import kept_secret

#: What each group may do beyond seeing everything. Two sign, for ``POLICIES`` of these settings ask
#: for two on production; whoever breaks the glass is neither of those who review it.
PARTS = {
    "author": (REQUEST,),
    "reviewer": (SIGN,),
    "dba": (SIGN, HALT),
    "operator": (RUN, HALT, OVERRIDE),
    "auditor": (),
}
PASSWORD_LENGTH = 12


@dataclass(frozen=True)
class DemoAccounts:
    """Who may log in, and with what password (one for all of them)."""

    names: tuple[str, ...]
    password: str


@transaction.atomic
def ensure() -> DemoAccounts:
    """Make or mend the demo accounts: staff, in the group of the same name, seeing everything and
    with the rights of their part in a ceremony.

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
    known = Permission.objects.filter(content_type__app_label="ceremony")
    for name, rights in PARTS.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*known.filter(codename__startswith="view_"))
        group.permissions.add(*known.filter(codename__in=rights))
        user, _ = User.objects.get_or_create(username=name)
        user.is_staff = user.is_active = True
        if not user.check_password(password):
            user.set_password(password)
        user.save()
        user.groups.add(group)
    return DemoAccounts(tuple(PARTS), password)


def told(name: str) -> str:
    """What the account may do, in words: ``sign, halt``."""
    return ", ".join(right.removesuffix("_ceremony") for right in PARTS[name]) or "look"
