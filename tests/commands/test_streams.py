"""Closed pipes, narrow encodings, colour or none."""

import io
import os

import pytest

from ceremony.management.page import Page
from ceremony.management.streams import Printer, Stream


class Terminal(io.StringIO):
    def isatty(self):
        return True


def _page():
    page = Page()
    page.line(("✓ PASS", "ok"), " 日本")
    return page


def test_a_closed_pipe_is_no_error_and_nothing_is_written_after():
    reading, writing = os.pipe()
    out = os.fdopen(writing, "w", encoding="utf-8")
    os.close(reading)
    stream = Stream(out)
    stream.write("a" * 100_000)
    stream.flush()
    assert stream.write("more") == 4
    stream.flush()
    out.close()


def test_a_terminal_that_hung_up_is_no_error():
    ours, theirs = os.openpty()
    out = os.fdopen(theirs, "w", encoding="utf-8")
    os.close(ours)
    stream = Stream(out)
    stream.write("gone\n")
    stream.flush()
    stream.write("still gone\n")
    stream.flush()
    assert stream.failure == ""
    out.close()


def test_a_full_disk_stops_the_writing_and_is_remembered():
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 (a device)
        stream = Stream(full)
        stream.write("answer\n")
        stream.flush()
        stream.write("more\n")
        stream.flush()
        assert stream.failure == "No space left on device"


def test_an_encoding_without_the_characters_shows_their_numbers():
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    Printer(Stream(out)).page(_page())
    assert raw.getvalue() == b"\\u2713 PASS \\u65e5\\u672c\n"


def test_no_colour_in_a_pipe():
    out = io.StringIO()
    Printer(Stream(out)).page(_page())
    assert out.getvalue() == "✓ PASS 日本\n"


@pytest.mark.parametrize(
    ("environment", "asked", "coloured"),
    [
        ({"TERM": "xterm"}, None, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, None, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, None, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, True),
        ({"TERM": "xterm"}, False, False),
        ({"TERM": "dumb"}, None, False),
    ],
)
def test_colour_on_a_terminal_is_what_the_person_asked_for(
    monkeypatch, environment, asked, coloured
):
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    out = Terminal()
    Printer(Stream(out), colour=asked).page(_page())
    assert out.getvalue() == ("\x1b[32m✓ PASS\x1b[0m 日本\n" if coloured else "✓ PASS 日本\n")


def test_colour_can_be_forced_into_a_pipe():
    out = io.StringIO()
    Printer(Stream(out), colour=True).page(_page())
    assert out.getvalue() == "\x1b[32m✓ PASS\x1b[0m 日本\n"


def test_an_empty_page_writes_nothing():
    out = io.StringIO()
    Printer(Stream(out)).page(Page())
    assert out.getvalue() == ""


def test_a_script_is_unchanged_in_a_pipe_and_harmless_on_a_terminal():
    script = "COPY t FROM stdin;\n1\tx\x1b[2J\r\n\\.\n"
    pipe, terminal = io.StringIO(newline=""), Terminal(newline="")
    Printer(Stream(pipe)).text(script)
    Printer(Stream(terminal)).text(script)
    assert pipe.getvalue() == script
    assert terminal.getvalue() == "COPY t FROM stdin;\n1    x<U+001B>[2J\n\\.\n"


def test_a_stream_that_was_closed_before_the_start_has_no_reader():
    stream = Stream(None)
    printer = Printer(stream)
    printer.page(_page())
    printer.text("{}")
    assert (stream.isatty(), printer.live, printer.coloured) == (False, False, False)
