"""The WSGI application.

Served like this the project is a deployment: DEBUG is off unless asked for. With
``CEREMONY_GATE=on`` it does not start on a schema that is not what the files expect.
"""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from ceremony.gate import require_schema

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
os.environ.setdefault("DEBUG", "off")

application = get_wsgi_application()
if settings.GATE_AT_START:
    require_schema(application)
