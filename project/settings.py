"""Settings of the development and demonstration project.

Everything that differs between machines comes from the environment:

``DATABASE_URL``            the control database; without it, this checkout's development server
``<ALIAS>_DATABASE_URL``    a target; without it, ``<control>_<alias>`` on the control's server
``<ALIAS>_ENVIRONMENT``     what a target is: ``local``, ``staging``, ``production`` …
``<ALIAS>_DRIFT``           ``block`` or ``warn``: what drift does to a run there
``<ALIAS>_REHEARSAL``       ``required``: nothing is applied there that was not rehearsed
``CEREMONY_EXTRA_ALIASES``  further target aliases, comma-separated
``CEREMONY_ROOT``           the folder of series (default: ``migrations_sql``)
``CEREMONY_LEDGER_SCHEMA``  the schema of the ledger in every target (default: ``public``)
``CEREMONY_PG_BIN``         the folder of pg_dump (default: the development server's, else PATH)
``CEREMONY_SITE``           the address of the admin, for links in notices
``EMAIL_URL``               a mail server: with it, those who can act get an e-mail
``CEREMONY_EMAIL_FROM``     the sender of these
``CEREMONY_WEBHOOK_URL``    an address that gets every notice as JSON
``CEREMONY_WEBHOOK_SECRET`` what these are signed with: at least 24 bytes
``CEREMONY_RUN_FROM_PAGE``  ``start`` or ``show`` the command (default: start where DEBUG is on)
``CEREMONY_RUN_LOGS``       what the processes said that pages started (default: ``.state/runs``)
``CEREMONY_GATE``           on: ``wsgi`` and ``asgi`` do not start on another schema (default: off)
``DEBUG``                   on by default for ``manage.py``, off for ``wsgi`` and ``asgi``
``SECRET_KEY``              required where DEBUG is off; else made once per checkout
``ALLOWED_HOSTS``           comma-separated; needed where DEBUG is off
"""

import os

import django

from ceremony.errors import UsageError
from project.binaries import find_wheel_binaries
from project.environment import CONTROL_VARIABLE, from_process, kept_secret
from project.place import CHECKOUT, development_place, socket_directory

BASE_DIR = CHECKOUT
STATE_DIR = BASE_DIR / ".state"

_env = from_process()

DEBUG = _env.flag("DEBUG", default=True)
# What this process starts runs as it does itself, whichever module is loaded later (``wsgi``).
os.environ.setdefault("DEBUG", "on" if DEBUG else "off")
#: Whether the control database is the development server, which manage.py starts when it is needed.
USES_DEVELOPMENT_SERVER = not _env.text(CONTROL_VARIABLE)
if USES_DEVELOPMENT_SERVER and not DEBUG:
    raise UsageError(
        "dsn-missing",
        "DEBUG is off and DATABASE_URL is not set; the development server is for development.",
        next_step="DATABASE_URL=postgres://user@host/database",
    )

SECRET_KEY = _env.text("SECRET_KEY")
if not SECRET_KEY:
    if not DEBUG:
        raise UsageError(
            "secret-key-missing",
            "DEBUG is off and SECRET_KEY is not set.",
            next_step="SECRET_KEY=<fifty random characters> in the environment",
        )
    SECRET_KEY = kept_secret(STATE_DIR, "secret_key")

ALLOWED_HOSTS = _env.words("ALLOWED_HOSTS")

#: The series of this project, each with a target database of the same name.
SERIES_ALIASES = ("rebalancing", "content", "listings", "outbox", "calendar")

_control = _env.control(socket_directory(development_place()))
_targets = _env.targets(SERIES_ALIASES, _control)
DATABASES = {"default": _control, **_targets}
DATABASE_ROUTERS = ["project.routers.ControlRouter"]

CEREMONY = {
    "ROOT": _env.folder("CEREMONY_ROOT", BASE_DIR / "migrations_sql"),
    # pg_dump must be at least as new as the server: the wheel's is, where it is installed.
    "PG_BIN": _env.text("CEREMONY_PG_BIN", str(find_wheel_binaries() or "")),
    "LEDGER_SCHEMA": _env.text("CEREMONY_LEDGER_SCHEMA", "public"),
    "TARGETS": {
        alias: {
            "ENVIRONMENT": _env.text(f"{alias.upper()}_ENVIRONMENT") or None,
            "DRIFT": _env.text(f"{alias.upper()}_DRIFT") or None,
            "REHEARSAL": _env.text(f"{alias.upper()}_REHEARSAL") or None,
        }
        for alias in _targets
    },
    # What is not said is as the protected policy has it, which every environment but local begins
    # with: one approval and one acceptance, author, approver and operator three people.
    "POLICIES": {
        # A small team: whoever approved may run it. Reports say that this is weaker.
        "staging": {"SEPARATE": ["author and approver", "author and operator"]},
        "production": {
            "APPROVALS": 2,
            "REAUTHENTICATE": True,
            "EXPIRES_HOURS": 72,
            "REHEARSAL": "required",
            "REHEARSAL_DAYS": 30,
            "PROMOTION": "staging",
            "RISKS": {"low": {"APPROVALS": 1}},
        },
    },
    "NOTICES": _env.notices(),
    "RUN_FROM_PAGE": _env.text("CEREMONY_RUN_FROM_PAGE", "start" if DEBUG else "show"),
    "MANAGE_PY": BASE_DIR / "manage.py",
    "RUN_LOGS": _env.folder("CEREMONY_RUN_LOGS", STATE_DIR / "runs"),
}

if _mail := _env.mail_server():
    if django.VERSION >= (6, 1):
        _smtp = {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": _mail}
        MAILERS = {"default": _smtp}
    else:
        EMAIL_HOST, EMAIL_PORT = _mail["host"], _mail["port"]
        EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["username"], _mail["password"]
        EMAIL_USE_TLS, EMAIL_USE_SSL = _mail["use_tls"], _mail["use_ssl"]

#: Read by ``wsgi`` and ``asgi`` alone; commands start whatever the schema is.
GATE_AT_START = _env.flag("CEREMONY_GATE", default=False)

INSTALLED_APPS = [
    "ceremony",
    "project",
    # Its pages are looked for in urls.py: commands need none of them.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"
ASGI_APPLICATION = "project.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = STATE_DIR / "static"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = not DEBUG
CSRF_COOKIE_SECURE = not DEBUG
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
