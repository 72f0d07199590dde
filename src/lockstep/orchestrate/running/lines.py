"""A stream of bytes cut into lines, whatever a program writes: no end of line, no text, carriage returns."""

import codecs
import io

LONGEST = 20_000  # characters of a line that are kept


class Lines:
    """Takes bytes as they come and gives back the lines that are complete.

    A line that never ends takes no more memory than one of `LONGEST` characters; how much was cut off is said.
    A carriage return begins a line anew: progress bars of programs that think they have a terminal.
    """

    def __init__(self) -> None:
        self._decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)
        self._rest = ""
        self._cut = 0

    def feed(self, chunk: bytes) -> list[str]:
        """Return the lines that end in these bytes; no bytes are the end of the stream, and end the last line."""
        # PostgreSQL takes no null character, and would lose the lines that are sent with it.
        text = self._decoder.decode(chunk, final=not chunk).replace("\0", "\N{REPLACEMENT CHARACTER}")
        *ended, self._rest = (self._rest + text).split("\n")
        lines = [self._whole(line) for line in ended]
        if not chunk and (self._rest or self._cut):
            lines.append(self._whole(self._rest))
            self._rest = ""
        self._cut += max(len(self._rest) - LONGEST, 0)
        self._rest = self._rest[:LONGEST]
        return lines

    def _whole(self, line: str) -> str:
        cut, self._cut = self._cut + max(len(line) - LONGEST, 0), 0
        return f"{line[:LONGEST]} ... and {cut:,} more characters" if cut else line
