"""A mail backend that fails as a real one does."""

import smtplib

from django.core.mail.backends.base import BaseEmailBackend


class Failing(BaseEmailBackend):
    def send_messages(self, email_messages):
        raise smtplib.SMTPAuthenticationError(535, b"wrong password: hunter2")
