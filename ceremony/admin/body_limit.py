"""How large a form may be that is sent: more is refused before a byte of it is read."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from ceremony.actions.answers import LARGEST
from ceremony.admin.reporting import PLAIN
from ceremony.errors import Refused

LARGEST_BODY = LARGEST + 2**20
"""Bytes: a file, and the words around it."""

View = Callable[..., HttpResponse]


def bounded(view: View) -> View:
    """The ``view``, which answers 413 to what is larger than any form of ours.

    Django's middleware reads a body in order to find its token, and keeps the files in it, before
    a view is asked. So the middleware is told to pass, and the ``view``, which must be an
    ``admin_view``, asks for the token itself
    (https://docs.djangoproject.com/en/5.2/topics/http/file-uploads/#modifying-upload-handlers-on-the-fly).
    """

    @csrf_exempt
    @wraps(view)
    def refusing(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        size = _told_size(request)
        if size <= LARGEST_BODY:
            return view(request, *args, **kwargs)
        refused = Refused(
            "evidence-too-large",
            f"What was sent has {size} bytes; a file may have {LARGEST} at the most.",
            state="Nothing was read, and nothing was recorded.",
            next_step="Keep the file where it is, and give its path, size and digest.",
        )
        return HttpResponse(
            str(refused), content_type=PLAIN, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        )

    return refusing


def _told_size(request: HttpRequest) -> int:
    told = request.headers.get("Content-Length", "")
    return int(told) if told.isdecimal() else 0
