"""Django with the settings of the project. To be imported before whatever has models."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django.setup()
