"""Names in SQL text: quoted, so that any name can stand in a statement."""


def quoted(*parts: str) -> str:
    """``"schema"."table"``; a quote inside a name is doubled (manual, 4.1.1)."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)
