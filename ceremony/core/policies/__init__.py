"""Policies: their canonical form, which of two is stricter, and how they are written down."""
