"""Notices by e-mail, through whatever Django is set up to send with."""

import logging
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage

from ceremony.core.notice import Notice

logger = logging.getLogger("ceremony.notices")


def mail(notice: Notice, addresses: Sequence[str], sender: str) -> None:
    """Send one letter to all of them, without showing one to the other.

    A failure is logged, without what the server said: it may quote addresses and passwords.
    """
    letter = EmailMessage(
        subject=f"[Ceremony] {notice.headline}",
        body=notice.letter,
        from_email=sender or None,
        bcc=list(addresses),
    )
    try:
        letter.send()
    except (OSError, ValueError, ImproperlyConfigured, ImportError) as error:
        logger.warning("The notice “%s” was not mailed: %s.", notice.occasion, type(error).__name__)
