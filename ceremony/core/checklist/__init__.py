"""Checklists: what ``series.toml`` and a policy ask for before a run and after it, as items."""
