"""Ceremony: hand-written SQL migrations on PostgreSQL, run as an auditable ceremony."""

__version__ = "0.1.0"
