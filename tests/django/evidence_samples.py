"""Evidence in the form that the record keeps it, with one text of the test's choice everywhere."""


def statement(text="CREATE TABLE orders (id int)"):
    return {
        "number": 1,
        "line": 4,
        "summary": text,
        "state": "done",
        "seconds": 0.2,
        "tag": "CREATE TABLE",
        "rows": None,
    }


def message(text="it exists, skipping"):
    return {
        "statement": 1,
        "severity": "NOTICE",
        "sqlstate": "00000",
        "text": text,
        "detail": text,
        "hint": text,
        "context": text,
    }


def finding(text="Comments changed."):
    return {
        "code": "file-reworded",
        "severity": "notice",
        "place": text,
        "message": text,
        "hint": text,
    }


def problem(text="It failed."):
    return {
        "code": "statement-failed",
        "happened": text,
        "state": text,
        "next_step": text,
        "server": {
            "sqlstate": "23505",
            "message": text,
            "statement": 1,
            "doing": text,
            "line": 3,
            "column": 5,
            "source_line": f"    {text}",
            "hint": text,
            "constraint": text,
            "schema": text,
            "table": text,
            "column_name": text,
            "detail": text,
            "context": text,
        },
    }


def observed(text="4711"):
    return {
        "columns": [text, "note"],
        "rows": [[text, None]],
        "row_count": 40,
        "message": text,
        "sqlstate": "23505",
        "constraint": text,
        "plan": text,
        "failed_at": 2,
    }
