"""The project's settings for the site of the browser suite: strict policy, policies of its own."""

import os
from pathlib import Path

from project.settings import *  # noqa: F403
from project.settings import CEREMONY as PROJECT
from project.settings import MIDDLEWARE as USUAL
from tests.e2e.rules import POLICIES, TARGETS

_POLICY = "BarePolicy" if os.environ.get("CEREMONY_E2E_BARE") else "StrictPolicy"

MIDDLEWARE = [f"tests.e2e.strict.{_POLICY}", *USUAL]
CEREMONY = {
    **PROJECT,
    "TARGETS": TARGETS,
    "POLICIES": POLICIES,
    "RUN_LOGS": Path(os.environ["CEREMONY_ROOT"]).parent / "runs",
}
# Tests make many accounts; how their passwords are kept is not what they are about.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
