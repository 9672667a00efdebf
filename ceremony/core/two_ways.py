"""Files of other tools that hold both ways in one: the change, a marker, and what undoes it.

Run as it stands such a file would make the change and take it back at once, and succeed.
"""

import re

from ceremony.core.finding import Finding, refuse
from ceremony.core.sql import comments

_DOWN = re.compile(
    r"^[ \t]*--[ \t]*(migrate:down|\+(?:goose|migrate)[ \t]+down|//[ \t]*@undo)\b",
    re.IGNORECASE | re.MULTILINE,
)
"""The markers of dbmate, goose, sql-migrate and MyBatis Migrations."""


def both_ways(path: str, text: str) -> tuple[Finding, ...]:
    """An error for every marker of a way back (``two-ways``); a marker inside a literal, a body or
    COPY data is none.
    """
    if not _DOWN.search(text):
        return ()
    return tuple(
        refuse(
            path,
            "two-ways",
            f"'{marker[1]}' begins the way back in files of another tool; here what follows would "
            "run right after the change.",
            "Move what follows into the .rollback.sql of this migration, and delete the line.",
            line=comment.line,
            column=comment.column,
        )
        for comment in comments(text)
        if (marker := _DOWN.match(comment.text))
    )
