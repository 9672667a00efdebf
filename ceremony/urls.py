"""Addresses that a project includes: ``path("ceremony/", include("ceremony.urls"))``."""

from django.urls import path

from ceremony.views import ready

app_name = "ceremony"
urlpatterns = [path("ready", ready, name="ready")]
