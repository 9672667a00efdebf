"""Names in SQL text: quoted, so that any name can stand in a statement."""


def quoted(*parts: str) -> str:
    """``"schema"."table"``; a quote inside a name is doubled (manual, 4.1.1)."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def literal(text: str) -> str:
    """``'it''s'``: a text constant for people to type (standard_conforming_strings on.

    Manual, 4.1.2).
    """
    return "'" + text.replace("'", "''") + "'"
