"""People: accounts with their rights as they are now, and the shell users who count as them.

Rights are asked of a person's own permissions and groups. ``is_superuser`` is no right here: it
answers yes to every question, and a signature has to mean something.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.models import AbstractUser, Group, Permission
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet
from django.utils import timezone

from ceremony.actions import evidence
from ceremony.actions.record import recording
from ceremony.errors import Refused
from ceremony.models import AuditEvent
from ceremony.models.audit import Act, Action

SIGN = "sign_ceremony"
RUN = "run_ceremony"
HALT = "halt_ceremony"
OVERRIDE = "override_ceremony"
REQUEST = "request_ceremony"

RIGHTS = (SIGN, RUN, HALT, OVERRIDE, REQUEST)

TRIES = 5
"""How many wrong passwords one name has within ``TRIES_WITHIN``."""

TRIES_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True)
class Member:
    """An account with the rights of Ceremony's that it has now, of its own or by a group, and the
    names of its groups.
    """

    user: AbstractUser
    rights: frozenset[str]
    groups: frozenset[str]

    def may(self, right: str) -> bool:
        """Whether the person has the right now."""
        return self.user.is_active and right in self.rights


def members(
    numbers: Collection[int] = (), *, right: str = "", at_shell: Collection[str] = ()
) -> tuple[Member, ...]:
    """Accounts as they are now, by one question, in the order of their numbers: those of
    ``numbers``, everybody who has ``right``, and every account that a user of the operating system
    in ``at_shell`` may mean.
    """
    asked = Q(pk__in=numbers)
    if right:
        asked |= Q(pk__in=all_who_may(right).order_by().values("pk"))
    for name in at_shell:
        asked |= Q(**{f"{get_user_model().USERNAME_FIELD}__iexact": evidence.clean(name)})
    if not (numbers or right or at_shell):
        return ()
    ours = Permission.objects.filter(content_type__app_label="ceremony", codename__in=RIGHTS)
    held = ours.filter(_holds(OuterRef("pk"))).order_by().values("codename")
    groups = Group.objects.filter(user=OuterRef("pk")).order_by().values("name")
    # Past the project's own manager, which may hide people who have left: their rows stay.
    every: QuerySet[AbstractUser] = get_user_model()._base_manager.all()
    rows = every.filter(asked).order_by("pk")
    return tuple(
        Member(user, frozenset(found), frozenset(names))
        for user, found, names in _with(rows, ArraySubquery(held), ArraySubquery(groups))
    )


def member_of(user: AbstractUser) -> Member:
    """The person as he or she is now. An account that is no more has no rights."""
    found = members((user.pk,))
    return found[0] if found else Member(user, frozenset(), frozenset())


def account(username: str) -> AbstractUser | None:
    """The account of exactly this name, active or not."""
    name = evidence.clean(username)
    return _accounts().filter(**{get_user_model().USERNAME_FIELD: name}).first()


def names_of(user: AbstractUser) -> tuple[str, ...]:
    """Everything under which a person may be named as an author."""
    # A user model of one's own need have neither an address nor a full name.
    address = getattr(user, user.get_email_field_name(), "")
    full_name = getattr(user, "get_full_name", str)()
    return tuple(filter(None, (user.get_username(), address, full_name)))


def names_at_shell(os_name: str, people: Mapping[str, str]) -> tuple[str, ...]:
    """The same for a user of the operating system, with those of every account that may be meant:
    systems differ in whether they tell ``Ada`` from ``ada``.

    It is no proof of anything: it keeps duties apart, and gives no right. ``people`` is
    ``CEREMONY["PEOPLE"]``.
    """
    counts_as = people.get(os_name, os_name)
    return names_among(os_name, people, (one.user for one in members(at_shell=(counts_as,))))


def names_among(
    os_name: str, people: Mapping[str, str], accounts: Iterable[AbstractUser]
) -> tuple[str, ...]:
    """The same, where ``accounts`` are those that may be meant, and others."""
    counts_as = people.get(os_name, os_name)
    meant = (one for one in accounts if _alike(one.get_username(), evidence.clean(counts_as)))
    names = (name for user in meant for name in names_of(user))
    return tuple(dict.fromkeys((os_name, counts_as, *names)))


def groups_of(user: AbstractUser) -> frozenset[str]:
    """The names of the groups that a person is in now."""
    return frozenset(Group.objects.filter(user=user.pk).values_list("name", flat=True))


def may(user: AbstractUser, right: str) -> bool:
    """Whether a person has one of Ceremony's rights now, of his own or by a group."""
    return user.is_active and _permission(right).filter(_holds(user.pk)).exists()


def all_who_may(right: str) -> QuerySet[AbstractUser]:
    """Everybody active who has the right now, by name."""
    holding = Q(user_permissions__in=_permission(right)) | Q(
        groups__permissions__in=_permission(right)
    )
    return _accounts().filter(holding, is_active=True).distinct().order_by("pk")


def authenticated(username: str, password: str) -> AbstractUser:
    """The account whose password this is, through Django's own authentication.

    A wrong password is an event of the trail. Raises Refused (password-wrong; password-locked
    after several), and RuntimeError inside a transaction.
    """
    if _wrong_lately(username) >= TRIES:
        raise _locked(username)
    user = _with_password(username, password)
    if user is not None:
        return user
    with recording() as head:
        head.append([Act(Action.PASSWORD_REFUSED, _kept(username))])
    raise Refused(
        "password-wrong",
        "That is not the password of this account, or there is no such active account. The attempt "
        "was recorded.",
        next_step="Try again with the account's own password.",
    )


def refuse_without(user: AbstractUser, right: str, to_do: str) -> None:
    """See that a person has a right. ``to_do`` says what it is for.

    Raises Refused (right-missing).
    """
    if may(user, right):
        return
    raise Refused(
        "right-missing",
        f"{evidence.clean(user.get_username())!r} may not {to_do}.",
        next_step=f"Somebody with the permission ceremony.{right} does it; being a superuser does "
        "not count.",
    )


def _with_password(username: str, password: str) -> AbstractUser | None:
    if any(evidence.clean(text) != text for text in (username, password)):
        return None  # No database holds such a name, and no hasher takes such a password.
    user = authenticate(username=username, password=password)
    if isinstance(user, get_user_model()) and user.is_active and user.get_username() == username:
        return user
    return None


def _accounts() -> QuerySet[AbstractUser]:
    model = get_user_model()
    users: QuerySet[AbstractUser] = model._default_manager.all()
    return users


def _permission(right: str) -> QuerySet[Permission]:
    return Permission.objects.filter(content_type__app_label="ceremony", codename=right)


def _holds(number: int | OuterRef) -> Q:
    return Q(user=number) | Q(group__user=number)


def _with(
    rows: QuerySet[AbstractUser], rights: ArraySubquery, groups: ArraySubquery
) -> Iterable[tuple[AbstractUser, list[str], list[str]]]:
    """Accounts with what was asked beside them, under names that no user model has of its own."""
    for user in rows.annotate(ceremony_rights=rights, ceremony_groups=groups):
        beside = vars(user)
        yield user, beside.pop("ceremony_rights"), beside.pop("ceremony_groups")


def _alike(name: str, other: str) -> bool:
    """Whether the two differ in capitals at most: no less alike than ``iexact`` finds them."""
    return name.upper() == other.upper() or name.casefold() == other.casefold()


def _wrong_lately(username: str) -> int:
    since = timezone.now() - TRIES_WITHIN
    tries = AuditEvent.objects.filter(
        action=Action.PASSWORD_REFUSED.value, actor=_kept(username), recorded_at__gte=since
    )
    return tries.count()


def _kept(username: str) -> str:
    return evidence.bounded(username, 255)


def _locked(username: str) -> Refused:
    minutes = int(TRIES_WITHIN.total_seconds() // 60)
    return Refused(
        "password-locked",
        f"{TRIES} wrong passwords were given for {evidence.clean(username)!r} within {minutes} "
        "minutes.",
        next_step=f"Wait {minutes} minutes. If it was not you: tell your administrator; the "
        "attempts are in the audit trail.",
    )
