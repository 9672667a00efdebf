"""The outside: signals, e-mail and webhooks that carry notices. Nothing here raises to a caller."""
