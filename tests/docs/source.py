"""What the source says that the reference has to say as well: stable codes, found by reading it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.docs.pages import CHECKOUT

_HYPHENED = re.compile(r"[a-z]+(?:-[a-z0-9]+)+")
_CODE = re.compile(r"[a-z]+(?:-[a-z0-9]+)*")
#: Calls whose first argument is a code, so that a code of one word is found as well.
_MAKES_ERROR = {
    "CeremonyError", "Failed", "UsageError", "Refused", "LockedByOther", "Tampered",
    "PartlyApplied", "Interrupted", "Problem", "Trouble", "Meaning", "Refusal",
}  # fmt: skip

#: Strings that are written like a code and are none.
NO_CODES = {
    "break-glass", "cer-below", "cer-time", "cer-title", "cer-wrong", "current-password",
    "ceremony-answer-v1", "ceremony-audit-v1",
    "ceremony-beat", "ceremony-population-v1", "ceremony-report-v1",
    "ceremony-ledger-v1", "ceremony-readiness-v1", "ceremony-rehearsal-v1",
    "commit-timestamps-on", "copy-progress", "vacuum-progress", "django-admin", "en-us",
    "index-definition", "index-facts", "index-progress", "last-changed", "ledger-facts",
    "ledger-probes", "lock-held", "lock-holder",
    "prepared-transactions", "relation-exists", "rev-parse", "same-origin", "session-probes",
    "settings-now", "system-out", "utf-8", "at-work", "by-hand",
    "ceremony-anchor-v1", "ceremony-notice-v1", "content-type", "user-agent", "webhook-id",
    "webhook-signature", "webhook-timestamp",
    "advisory-holders", "catalog-v1", "database-locale", "fillable-tables",
    "may-create-databases", "prepared-now", "pseudo-type", "scratch-databases",
    "scratch-stamp", "types-of-columns", "xray-before", "xray-storage",
    "applied-locally", "checks-before", "clean-state", "disk-free", "flags-off", "invalid-indexes",
    "long-transactions", "other-sessions", "pre-flight", "replica-lag", "required-objects",
    "second-run", "server-version", "tables-with-rows",
}  # fmt: skip

#: Codes that are put together, by the f-string that does it; the last ones make no code.
BUILT: dict[str, set[str]] = {
    "check-{}-unknown": {"check-when-unknown", "check-severity-unknown"},
    "dependency-{}": {"dependency-planned", "dependency-retired"},
    "schema-{}": {"schema-behind", "schema-ahead", "schema-invalid", "schema-unknown"},
    "version-{}": {"version-planned", "version-retired"},
    "ceremony-{}-{}": set(),
    "ceremony-test-{}": set(),
    "ceremony-runs-{}": set(),
}


@cache
def codes() -> frozenset[str]:
    """Every stable code that the app or the project can give."""
    found = {text for tree in _trees() for text in _texts(tree)}
    built = {form for tree in _trees() for form in _forms(tree)}
    return frozenset(found - NO_CODES).union(*(BUILT.get(form, {form}) for form in built))


def _trees() -> Iterator[ast.Module]:
    for package in ("ceremony", "project"):
        for path in sorted((CHECKOUT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield ast.parse(Path(path).read_text(encoding="utf-8"))


def _texts(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and _is_text(node, _HYPHENED):
            yield str(node.value)
        elif isinstance(node, ast.Call) and _name(node.func) in _MAKES_ERROR and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and _is_text(first, _CODE):
                yield str(first.value)


def _forms(tree: ast.Module) -> Iterator[str]:
    """F-strings that could be codes, with ``{}`` for what is put in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values]
            form = "".join(parts)
            if re.fullmatch(r"[a-z]+(?:-(?:[a-z0-9]+|\{\}))+", form) and "{}" in form:
                yield form


def _is_text(node: ast.Constant, pattern: re.Pattern[str]) -> bool:
    return isinstance(node.value, str) and pattern.fullmatch(node.value) is not None


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""
