"""The WSGI application.

Served like this the project is a deployment: DEBUG is off unless asked for.
"""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
os.environ.setdefault("DEBUG", "off")

application = get_wsgi_application()
