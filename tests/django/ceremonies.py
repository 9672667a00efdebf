"""Ceremonies for tests, in any state, by way of the acts that lead there."""

import hashlib
from collections import deque
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from ceremony.actions.ceremonies import acting, advance, locked, note
from ceremony.core.chain import canonical
from ceremony.core.states import TABLE, Act, State
from ceremony.models import AuditHead, Ceremony, Decision, Purpose, SignOff, StoredManifest
from ceremony.models.audit import Action
from tests.django import factories

PASSWORD = "correct horse battery staple"


def person(username, *permissions, groups=(), **fields):
    """A user with a password, ``<verb>_ceremony`` permissions and groups (made where missing)."""
    user = get_user_model().objects.create_user(
        username, f"{username}@example.org", PASSWORD, **{"is_staff": True, **fields}
    )
    names = [f"{verb}_ceremony" for verb in permissions]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    user.groups.set([Group.objects.get_or_create(name=name)[0] for name in groups])
    return user


def draft(**fields):
    """A ceremony as it begins."""
    given = {
        "series": "shop",
        "direction": "apply",
        "title": "Orders get an email",
        "environment": "production",
        "policy": "protected",
        "risk": "low",
        "authors": ["lena"],
        "requester": "lena",
        "created_at": factories.NOON,
        "changed_at": factories.NOON,
        **fields,
    }
    if "target" not in given:
        given["target"] = factories.TargetFactory(environment=given["environment"])
    return Ceremony.objects.create(**given)


def move(ceremony, act, actor="lena", detail=None, document=None):
    """One act, as the actions do it: a request brings its manifest along. The ceremony, anew."""
    with acting(ceremony.pk) as (head, row):
        if act is Act.REQUEST or (act is Act.OVERRIDE and not row.round):
            row.round += 1
            row.fingerprint = manifest(row, document).fingerprint
            row.expires_at = factories.NOON + timedelta(days=36_500)
        advance(head, row, act, actor, detail or {})
    ceremony.refresh_from_db()
    return ceremony


def manifest(ceremony, document=None):
    """The manifest of the ceremony's round."""
    told = {"ceremony": ceremony.pk, "round": ceremony.round, **(document or {})}
    text = canonical(told)
    return StoredManifest.objects.create(
        ceremony=ceremony,
        round=ceremony.round,
        fingerprint=f"manifest1:{hashlib.sha256(text).hexdigest()}",
        document=text.decode(),
        why="first round",
        made_by=ceremony.requester,
        made_at=factories.NOON,
    )


def path_to(state):
    """The shortest way to a state, by a request and no override: the acts in order."""
    waiting = deque([(State.DRAFT, ()), (State.REQUESTED, (Act.REQUEST,))])
    seen = {State.DRAFT, State.REQUESTED}
    while waiting:
        here, acts = waiting.popleft()
        if here is state:
            return acts
        for (before, act), after in TABLE.items():
            usual = before is not State.DRAFT and act not in {Act.OVERRIDE, Act.CALL_OFF}
            if before is here and usual and after not in seen:
                seen.add(after)
                waiting.append((after, (*acts, act)))
    raise AssertionError(f"nothing leads to {state}")


def ceremony_in(state, document=None, **fields):
    """A ceremony in ``state``, brought there by the acts of the table."""
    made = draft(**fields)
    for act in path_to(state):
        move(made, act, document=document)
    return made


def sign_off(ceremony, user, purpose=Purpose.APPROVAL, decision=Decision.APPROVE, **fields):
    """The row of a sign-off with its event, past all that the action asks for."""
    with transaction.atomic():
        head, row = AuditHead.lock(), locked(ceremony.pk)
        event = note(head, row, Action.RUN_OPENED, user.username)
        given = {
            "manifest": row.manifests.get(round=row.round),
            "purpose": purpose,
            "decision": decision,
            "subject": row.fingerprint,
            "user": user,
            "username": user.username,
            "meaning": "I have read it.",
            "signed_at": event.recorded_at,
            "event": event.sequence,
            **fields,
        }
        return SignOff.objects.create(**given)
