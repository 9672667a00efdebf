"""The admin, at the root of the site and under its usual address; and the readiness probe."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

admin.autodiscover()

urlpatterns = [
    path("admin/", admin.site.urls),
    path("ceremony/", include("ceremony.urls")),
    path("", RedirectView.as_view(pattern_name="admin:index")),
]
