"""Notices as signed JSON, to programs.

Headers and signature are those of Standard Webhooks (https://www.standardwebhooks.com, version 1):
``webhook-signature`` is ``v1,`` and the base64 of HMAC-SHA256 over ``id.timestamp.body``. A
redirect is not followed: the address is what settings say.
"""

import base64
import hmac
import json
import logging
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from ceremony.core.notice import Notice
from ceremony.core.notice_settings import Webhook

logger = logging.getLogger("ceremony.notices")


def post(notice: Notice, webhook: Webhook, timeout: float) -> None:
    """Send the notice; ``timeout`` is seconds for each wait on the network. A failure is logged,
    with the host and without the address, which may hold a secret.
    """
    body = json.dumps(notice.document).encode()
    try:
        status = _answer(webhook, body, signed(body, str(notice.id), time.time(), webhook), timeout)
        why = "" if 200 <= status < 300 else f"status {status}"
    except (OSError, HTTPException, ValueError) as error:
        why = type(error).__name__
    if why:
        logger.warning(
            "The notice “%s” was not taken by %s: %s.", notice.occasion, webhook.host, why
        )


def signed(body: bytes, identity: str, now: float, webhook: Webhook) -> dict[str, str]:
    """The headers for a body; ``now`` is seconds since 1970."""
    moment = str(int(now))
    told = f"{identity}.{moment}.".encode() + body
    signature = base64.b64encode(hmac.digest(webhook.key, told, "sha256")).decode()
    return {
        "content-type": "application/json",
        "user-agent": "ceremony",
        "webhook-id": identity,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{signature}",
    }


def _answer(webhook: Webhook, body: bytes, headers: dict[str, str], timeout: float) -> int:
    parts = urlsplit(webhook.url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    try:
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()
