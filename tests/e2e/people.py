"""Five people, each with the rights of his or her part, and their sessions."""

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.backends.db import SessionStore

from tests.django.ceremonies import person
from tests.e2e.chromium import Chromium
from tests.e2e.site import Site

PARTS: dict[str, tuple[str, ...]] = {
    "author": ("request",),
    "reviewer": ("sign",),
    "dba": ("sign", "halt"),
    "operator": ("run", "halt", "override"),
    "auditor": (),
}
BACKEND = "django.contrib.auth.backends.ModelBackend"


def gather() -> dict[str, User]:
    """All of them, each in the group of the same name, and seeing everything."""
    made = {name: person(name, *rights, groups=(name,)) for name, rights in PARTS.items()}
    seeing = Permission.objects.filter(
        content_type__app_label="ceremony", codename__startswith="view_"
    )
    for one in made.values():
        one.user_permissions.add(*seeing)
    return made


def enter(browser: Chromium, site: Site, name: str) -> None:
    """Let the browser be somebody who has logged in."""
    user = get_user_model().objects.get(username=name)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    browser.keep_session(site.address, "sessionid", str(session.session_key))
