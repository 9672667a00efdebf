"""The policies that settings give, by environment and risk, and what a series adds.

``local`` starts from the open policy, everything else from the protected one. What settings say for
an environment replaces it word by word; what they say under ``*`` does so for environments that
have no word of their own, but for ``local``. ``unknown`` is never weaker than protected.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ceremony.core.drift_settings import Objection
from ceremony.core.header import Risk
from ceremony.core.plan import Plan
from ceremony.core.policies.reading import FIELDS, RISKS, Said, Unfit, read_policy
from ceremony.core.policies.strictness import tighten, weaknesses
from ceremony.core.policy import OPEN, PROTECTED, Policy
from ceremony.core.series import SeriesSettings

LOCAL = "local"
UNKNOWN = "unknown"
OTHERS = "*"
"""The key for environments that have no key of their own."""

LONGEST_NAME = 100

_ELSEWHERE = frozenset({"drift", "rights", "rehearsal"})
"""Keys of ``[policy]`` whose values are judged by others."""

_NOT_FOR_SERIES = frozenset({"promotion"})

KNOWN = (frozenset({*FIELDS, RISKS}) | _ELSEWHERE) - _NOT_FOR_SERIES
"""Every key of ``[policy]``."""


@dataclass(frozen=True)
class Policies:
    """``CEREMONY["POLICIES"]`` as values: what is said for each environment."""

    said: Mapping[str, Said] = field(default_factory=dict)

    def policy_in(self, environment: str, risk: str) -> Policy:
        """The policy of an environment for a change of this risk (``low``, ``medium``, ``high``).

        A change whose risk nobody stated (``""``) counts as a high one.
        """
        base = OPEN if environment == LOCAL else PROTECTED
        said = self.said.get(environment)
        if said is None and environment != LOCAL:
            said = self.said.get(OTHERS)
        if said is None:
            return base
        for_risk = said.risks.get(risk or Risk.HIGH, {})
        named = f"{environment}, {risk or Risk.HIGH} risk" if for_risk else environment
        policy = replace(base, name=named[:LONGEST_NAME], **{**said.fields, **for_risk})
        return tighten(policy, PROTECTED) if environment == UNKNOWN else policy

    def speaks_of(self, environment: str) -> bool:
        """Whether settings have a word for the environment by its name."""
        return environment in self.said


def read_policies(raw: object) -> tuple[Policies, tuple[Unfit, ...]]:
    """``{environment: {"APPROVALS": …, "RISKS": {"high": {…}}}}`` as values, and what is wrong."""
    if not isinstance(raw, Mapping):
        return Policies(), (Unfit("", "It is no dictionary.", "Write {environment: {…}}."),)
    found: dict[str, Said] = {}
    wrong: list[Unfit] = []
    for environment, words in raw.items():
        if not isinstance(environment, str) or not isinstance(words, Mapping):
            hint = "Write {environment: {…}}."
            wrong.append(Unfit(f"[{environment!r}]", "It is no policy of an environment.", hint))
            continue
        said, faults = read_policy(words)
        found[environment] = said
        wrong += [replace(one, place=f"[{environment!r}] {one.place}") for one in faults]
        wrong += _contradictions(environment, said)
    return Policies(found), tuple(wrong)


def _contradictions(environment: str, said: Said) -> Iterator[Unfit]:
    for words in (said.fields, *said.risks.values()):
        if words.get("promotion") == environment:
            yield Unfit(
                f"[{environment!r}] PROMOTION",
                "Nothing can be signed off on an environment before it is run there.",
                "Name the environment that comes before this one.",
            )
        if environment == UNKNOWN and weaknesses(replace(PROTECTED, **words)):
            yield Unfit(
                f"[{environment!r}]",
                "It asks for less than the protected policy, and unknown is protected.",
                "Give the target an ENVIRONMENT, and the policy that name.",
            )


def risk_of(plan: Plan) -> str:
    """The highest risk of the steps; ``""`` where one of them does not say."""
    risks = [step.migration.header.risk for step in plan.steps]
    if not risks or None in risks:
        return ""
    return max((risk for risk in risks if risk), key=list(Risk).index).value


def tightened(policy: Policy, settings: SeriesSettings, risk: str) -> Policy:
    """``policy`` with what ``[policy]`` of a series asks for besides. A word that cannot be
    understood is left out here; the lint refuses the file (``settings-value``).
    """
    more = asked_by(settings, risk)
    stricter = tighten(policy, more)
    if stricter == tighten(policy, Policy(policy.name)):
        return policy
    return replace(stricter, name=f"{policy.name[: LONGEST_NAME - 11]}, tightened")


def asked_by(settings: SeriesSettings, risk: str) -> Policy:
    """What a series alone asks for; the open policy where it says nothing."""
    said, _ = read_policy(_words(settings.extra), str.lower)
    fields = {**said.fields, **said.risks.get(risk or Risk.HIGH, {})}
    return replace(OPEN, **{k: v for k, v in fields.items() if k not in _NOT_FOR_SERIES})


def objections(tables: Mapping[str, Any]) -> Iterator[Objection]:
    """What is wrong in ``[policy]`` of ``series.toml``: a series tightens, and never loosens."""
    words = tables.get("policy")
    if not isinstance(words, Mapping):
        return
    for key in words:
        if key not in KNOWN:
            hint = f"Known: {', '.join(sorted(KNOWN))}."
            yield Objection("policy", f"There is no setting {key!r} in [policy].", hint)
    ours = {key: value for key, value in words.items() if key in KNOWN and key not in _ELSEWHERE}
    said, wrong = read_policy(ours, str.lower)
    for one in wrong:
        yield Objection("policy", f"{one.message[:-1]} in [policy].", one.hint)
    yield from _asking_for_nothing("", said.fields)
    for risk, fields in said.risks.items():
        yield from _asking_for_nothing(f"{RISKS}.{risk}.", fields)


def _asking_for_nothing(place: str, fields: Mapping[str, Any]) -> Iterator[Objection]:
    for name, value in fields.items():
        if name in _NOT_FOR_SERIES:
            yield Objection(
                "policy",
                f"{place + name!r} is nothing for [policy]: settings order the environments.",
                "Leave it out; CEREMONY['POLICIES'] has PROMOTION.",
            )
        elif not value:
            yield Objection(
                "policy",
                f"{place + name!r} in [policy] asks for nothing.",
                "Leave it out: a series may tighten what the settings say, never loosen it.",
            )


def _words(extra: Mapping[str, Any]) -> Mapping[str, Any]:
    said = extra.get("policy")
    return {k: v for k, v in said.items() if k in KNOWN} if isinstance(said, Mapping) else {}
