"""Output streams that outlive their reader: a closed pipe must never stop a migration half-way."""

import errno
import io
import os
from contextlib import suppress
from typing import TextIO

from rich.console import Console

from ceremony.management.excerpt import WIDTH
from ceremony.management.page import Page
from ceremony.management.visible import visible_lines

_READER_GONE = {errno.EPIPE, errno.EIO, errno.ECONNRESET, errno.EBADF}


class Stream:
    """A text stream for talk or data. Once the reader has gone, writing does nothing.

    ``head`` in a pipeline closes our output while work goes on; that is the reader's right and no
    error. A terminal that hung up answers EIO, which means the same. ``out`` ``None`` is a
    descriptor that was closed before Python started (``>&-``): there is no reader from the start.
    Any other failure (a full disk) stops the writing, not the work, and is kept in ``failure``.
    """

    encoding = "utf-8"

    def __init__(self, out: TextIO | None) -> None:
        self._out = out if out is not None else io.StringIO()
        self._gone = out is None
        self.failure = ""
        self.encoding = getattr(out, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Write, showing what the stream's encoding lacks as ``\\u2713``."""
        if not self._gone:
            try:
                self._out.write(self._encodable(text))
            except OSError as error:
                self._leave(error)
        return len(text)

    def flush(self) -> None:
        if not self._gone:
            try:
                self._out.flush()
            except OSError as error:
                self._leave(error)

    def isatty(self) -> bool:
        """Whether a person sees this as it is written."""
        asked = getattr(self._out, "isatty", None)
        return bool(asked and asked())

    def fileno(self) -> int:
        return self._out.fileno()

    def _encodable(self, text: str) -> str:
        if self.encoding.lower().replace("-", "") in {"utf8", "utf16", "utf32"}:
            return text
        return text.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def _leave(self, error: OSError) -> None:
        """Point the descriptor at nothing, else Python complains about it again when it exits."""
        self._gone = True
        if error.errno not in _READER_GONE:
            self.failure = error.strerror or str(error)
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._out.fileno())
            os.close(nowhere)


class Printer:
    """Prints pages on a stream: in colour on a terminal, else as plain text.

    ``colour`` is ``True`` or ``False`` where the person said so, ``None`` to look at the stream and
    at the environment variable NO_COLOR (no-color.org). ``live`` says whether a line can be drawn
    again and again.
    """

    def __init__(self, stream: Stream, *, colour: bool | None = None) -> None:
        self.stream = stream
        wanted = stream.isatty() and not os.environ.get("NO_COLOR") if colour is None else colour
        self.coloured = bool(wanted) and (colour is True or os.environ.get("TERM") != "dumb")
        self.live = stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.console = Console(
            file=stream,  # type: ignore[arg-type]  # the four methods that rich calls are there
            force_terminal=self.live or self.coloured,
            color_system="standard" if self.coloured else None,
            no_color=not self.coloured,
            highlight=False,
            markup=False,
            emoji=False,
        )

    @property
    def width(self) -> int:
        """Terminal cells per line; what an excerpt takes by itself where there is no terminal."""
        return self.console.width if self.live else WIDTH

    def page(self, page: Page) -> None:
        """Print a page as it is: no line is wrapped or cut, so it can be searched and copied."""
        if not page:
            return
        if self.console.is_terminal:
            self.console.print(page.rich, soft_wrap=True)
        else:
            self.stream.write(page.plain)
        self.stream.flush()

    def text(self, text: str) -> None:
        """Print machine-readable text: unchanged, but on a terminal made visible line by line."""
        shown = "\n".join(visible_lines(text)) if self.stream.isatty() else text
        self.stream.write(shown)
        self.stream.flush()
