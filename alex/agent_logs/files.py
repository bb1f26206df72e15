"""Log files of the local cloud, read while they grow: rotated, truncated, half-written, deleted and made anew."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from alex.agent_logs.line import Line, parsed

LONGEST = 4 * 1024 * 1024
"""Bytes of a line that are kept; a function that writes without an end must not fill this machine's memory."""
BLOCK = 1024 * 1024
FIRST_WINDOW = 256 * 1024

NEVER = datetime.max.replace(tzinfo=UTC)

Clock = Callable[[], datetime]


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class GrowingFile:
    """One log file by its path, wherever the path leads: a new file under the same name is read from its start."""

    def __init__(self, source: str, path: Path, *, since: datetime, clock: Clock = now) -> None:
        self.source, self.path, self.since = source, path, since
        self._clock = clock
        self._file: BinaryIO | None = None
        self._pending = bytearray()
        self._cut = False
        self._last: datetime | None = None
        self._opened_before = False

    def lines(self) -> Iterator[Line]:
        """What was appended since the last call, whole lines only, none older than ``since``."""
        if self._file is None and not self._open():
            return
        yield from self._read()
        if self._replaced():
            self._close()
            if self._open():
                yield from self._read()

    def rest(self) -> Iterator[Line]:
        """A last line without an end, for a reader that will not come again."""
        if self._pending:
            yield from self._line(bytes(self._pending))
            self._pending.clear()

    def _open(self) -> bool:
        try:
            self._file = self.path.open("rb")
        except FileNotFoundError:
            return False
        if not self._opened_before:  # what lies before the look-back is skipped without being read
            self._file.seek(_start(self._file, self))
        self._opened_before = True
        self._pending.clear()
        self._cut = False
        return True

    def _close(self) -> None:
        if self._file:
            self._file.close()
        self._file = None

    def _replaced(self) -> bool:
        assert self._file is not None
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return True
        here = os.fstat(self._file.fileno())
        return (there.st_ino, there.st_dev) != (here.st_ino, here.st_dev) or there.st_size < self._file.tell()

    def _read(self) -> Iterator[Line]:
        assert self._file is not None
        while block := self._file.read(BLOCK):
            *whole, tail = block.split(b"\n")
            for part in whole:
                self._keep(part)
                yield from self._line(bytes(self._pending))
                self._pending.clear()
                self._cut = False
            self._keep(tail)

    def _keep(self, part: bytes) -> None:
        room = LONGEST - len(self._pending)
        self._pending += part[:room]
        self._cut = self._cut or len(part) > room

    def _line(self, raw: bytes) -> Iterator[Line]:
        text = raw.decode("utf-8", "replace").rstrip("\r")
        if not text.strip():
            return
        line = parsed(self.source, text, otherwise=self._last or self._clock())
        self._last = line.at
        if line.at >= self.since:
            yield line


def _start(file: BinaryIO, log: GrowingFile) -> int:
    """Where to begin: the start of a window at the end whose first dated line is older than the look-back."""
    size = file.seek(0, os.SEEK_END)
    window = FIRST_WINDOW
    while window < size:
        file.seek(size - window)
        file.readline()
        begin = file.tell()
        for raw in iter(lambda: file.readline(LONGEST), b""):
            line = parsed(log.source, raw.decode("utf-8", "replace"), otherwise=NEVER)
            if line.at != NEVER:
                if line.at < log.since:
                    return begin
                break
        window *= 4
    return 0


class FileLogs:
    """The followed functions' files, those included that appear later; ``files`` gives function and path now."""

    def __init__(
        self, files: Callable[[], Mapping[Path, str]], *, since: datetime, clock: Clock = now, once: bool = False
    ) -> None:
        self._files, self._since, self._clock, self._once = files, since, clock, once
        self._open: dict[Path, GrowingFile] = {}

    def poll(self) -> list[Line]:
        """New lines of all files in time order; of one file, in its own order."""
        for path, source in self._files().items():
            self._open.setdefault(path, GrowingFile(source, path, since=self._since, clock=self._clock))
        found: deque[Line] = deque()
        for file in self._open.values():
            found.extend(file.lines())
            if self._once:
                found.extend(file.rest())
        return sorted(found, key=lambda line: line.at)
