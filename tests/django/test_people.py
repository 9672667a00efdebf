"""People: rights as they are now, who counts as whom, passwords."""

import os
import pwd
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from ceremony.actions import people
from ceremony.actions.actor import current_actor
from ceremony.actions.people import (
    OVERRIDE,
    SIGN,
    TRIES,
    TRIES_WITHIN,
    account,
    all_who_may,
    authenticated,
    groups_of,
    may,
    names_at_shell,
    names_of,
    refuse_without,
)
from ceremony.errors import Refused
from ceremony.models import AuditEvent
from tests.django.ceremonies import PASSWORD, person

pytestmark = pytest.mark.django_db


def test_a_right_of_ones_own_and_one_by_a_group():
    own, by_group, neither = person("own", "sign"), person("grouped", groups=("x",)), person("no")
    Group.objects.get().permissions.add(Permission.objects.get(codename=SIGN))

    assert [may(one, SIGN) for one in (own, by_group, neither)] == [True, True, False]
    assert list(all_who_may(SIGN)) == [own, by_group]


def test_a_superuser_and_somebody_inactive_have_none():
    root, gone = person("root", is_superuser=True), person("gone", "sign", is_active=False)

    assert root.has_perm(f"ceremony.{SIGN}")
    assert not may(root, SIGN)
    assert not may(gone, SIGN)
    assert list(all_who_may(SIGN)) == []


def test_a_right_of_the_same_name_of_another_app_is_another():
    right = Permission.objects.get(codename=SIGN)
    other = Permission.objects.create(
        codename=SIGN,
        name="x",
        content_type=Permission.objects.get(codename="add_user").content_type,
    )
    user = person("ada")
    user.user_permissions.add(other)

    assert not may(user, SIGN)
    user.user_permissions.add(right)
    assert may(user, SIGN)


def test_everybody_is_named_once_whatever_way_the_right_comes():
    user = person("ada", "sign", groups=("x", "y"))
    for group in Group.objects.all():
        group.permissions.add(Permission.objects.get(codename=SIGN))

    assert list(all_who_may(SIGN)) == [user]
    assert groups_of(user) == {"x", "y"}


def test_who_lacks_a_right_is_told_who_has_it():
    with pytest.raises(Refused) as caught:
        refuse_without(person("root", is_superuser=True), OVERRIDE, "run without an approval")

    assert str(caught.value) == (
        "'root' may not run without an approval. [right-missing]\n"
        "Nothing was changed.\n"
        "Next: Somebody with the permission ceremony.override_ceremony does it; being a superuser "
        "does not count."
    )
    refuse_without(person("ada", "override"), OVERRIDE, "run without an approval")


def test_a_shell_user_counts_as_the_account_of_the_same_name():
    ada = person("ada", first_name="Ada", last_name="Lovelace")

    assert names_of(ada) == ("ada", "ada@example.org", "Ada Lovelace")
    assert names_at_shell("ada", {}) == ("ada", "ada@example.org", "Ada Lovelace")
    assert names_at_shell("nobody", {}) == ("nobody",)


def test_who_types_a_command_does_not_choose_his_name(monkeypatch):
    real = pwd.getpwuid(os.getuid()).pw_name
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(variable, "somebody-else")

    assert current_actor().name == real


def test_a_user_without_a_name_is_a_number(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 987_654_321)

    assert current_actor().name == "uid 987654321"


def test_a_user_model_of_ones_own_may_have_a_name_alone():
    class Plain:
        """As AbstractBaseUser gives it."""

        def get_username(self):
            return "ada"

        @classmethod
        def get_email_field_name(cls):
            return "email"

    assert names_of(Plain()) == ("ada",)


def test_settings_say_who_counts_as_whom():
    person("a.lovelace")

    assert names_at_shell("ada", {"ada": "a.lovelace"}) == (
        "ada",
        "a.lovelace",
        "a.lovelace@example.org",
    )
    assert names_at_shell("ada", {"ada": "gone"}) == ("ada", "gone")


def test_an_account_is_found_by_exactly_its_name():
    person("ada")

    assert account("ada") is not None
    assert account("Ada") is None


def test_the_right_password_and_only_that():
    ada = person("ada")

    assert authenticated("ada", PASSWORD) == ada
    for name, password in (("ada", "x"), ("ada", ""), ("nobody", PASSWORD), ("Ada", PASSWORD)):
        with pytest.raises(Refused, match="password-wrong"):
            authenticated(name, password)
    refused = AuditEvent.objects.filter(action="password refused")
    assert [one.actor for one in refused.order_by("pk")] == ["ada", "ada", "nobody", "Ada"]
    assert "x" not in {str(one.detail()) for one in refused}


def test_somebody_inactive_has_no_password():
    person("gone", is_active=False)

    with pytest.raises(Refused, match="password-wrong"):
        authenticated("gone", PASSWORD)


@pytest.mark.parametrize("password", ["\0", "\ud800"])
def test_passwords_that_nobody_has(password):
    person("ada")

    with pytest.raises(Refused, match="password-wrong"):
        authenticated("ada", password)


def test_a_lock_lasts_its_time(monkeypatch):
    person("ada")
    for _ in range(TRIES):
        with pytest.raises(Refused, match="password-wrong"):
            authenticated("ada", "guess")
    with pytest.raises(Refused, match="password-locked"):
        authenticated("ada", PASSWORD)

    later = timezone.now() + TRIES_WITHIN + timedelta(seconds=1)
    monkeypatch.setattr(people.timezone, "now", lambda: later)

    assert authenticated("ada", PASSWORD).get_username() == "ada"


@pytest.mark.parametrize("name", ["\0", "\ud800", "a" * 1000, "<b>", "'; DROP TABLE x; --"])
def test_names_that_nobody_has(name):
    with pytest.raises(Refused, match="password-wrong"):
        authenticated(name, "guess")
    assert account(name) is None
    assert AuditEvent.objects.filter(action="password refused").count() == 1
