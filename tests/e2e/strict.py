"""The strictest policy of content under which every page must work."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

BARE = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:"
STRICT = f"{BARE}; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
"""Live parts ask for their state: that is what ``connect-src`` is for. Without it they stand still.
"""


class StrictPolicy:
    """Sends the policy with every page (https://www.w3.org/TR/CSP3/#csp-header)."""

    policy = STRICT

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/favicon.ico":
            # Browsers ask for it unasked; its absence would be a complaint on every page.
            return HttpResponse(status=204)
        response = self._get_response(request)
        response["Content-Security-Policy"] = self.policy
        return response


class BarePolicy(StrictPolicy):
    """The same without ``connect-src``: what is live stands still, and nothing else is missing."""

    policy = BARE
