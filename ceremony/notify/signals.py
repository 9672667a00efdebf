"""The signal that code of your own can listen to."""

from django.dispatch import Signal

noticed = Signal()
"""Sent once per notice, after the commit of what it tells of, with ``notice`` (``core.notice``) as
its argument and the class ``Notice`` as sender. What a receiver raises is logged by Django and
stops nothing (``Signal.send_robust``).
"""
