"""The lines of a Mattermost bulk export, read one at a time: from a JSONL, or out of the zip, gzip or folder it is in.

Attachments, which may be many times larger, are never touched. A zip that was cut off is read as far as its data go.
"""

from __future__ import annotations

import io
import mmap
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from indexer.errors import ExportUnreadableError, KyosoError, NoSuchFileError
from indexer.sources.archive import MAX_RATIO, RATIO_FREE_BYTES, shown
from indexer.sources.export_errors import (
    CutOffError,
    DamagedFileError,
    EncryptedFileError,
    NoJsonLinesError,
    NotAnArchiveError,
    OversizedError,
)
from indexer.sources.salvage import HEADER, SIGNATURE, SIZES_FOLLOW

NAME = "import.jsonl"  # what Mattermost calls it
SUFFIX = ".jsonl"
# A line is a thread with all its replies; 16,383 characters of Japanese take 48 KB, so this holds some 1,400 of the
# longest posts there can be.
LONGEST_LINE = 64 * 2**20
CHUNK = 256 * 1024
GZIP = b"\x1f\x8b"
ZIPS = (SIGNATURE, b"PK\x05\x06")  # how zips begin; the second is an empty one
_ENCRYPTED = 0x1
_NOISE = re.compile(r"(?:^|/)(?:\.|__MACOSX/)")
# What zipfile and zlib raise on broken input.
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError, RuntimeError)


@dataclass(frozen=True, slots=True)
class JsonLines:
    """Where the lines are. `broken`: what is wrong with the zip around them."""

    name: str
    open: Callable[[], IO[bytes]]
    broken: KyosoError | None = None

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """Every line with its number, from 1; of one that is too long as much as shows that it is.

        Raises CutOffError where the data end before the last line does.
        """
        number = 0
        with self.open() as stream:
            while True:
                try:
                    line = stream.readline(LONGEST_LINE + 1)
                    rest = line
                    while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
                        rest = stream.readline(LONGEST_LINE + 1)
                except _BROKEN as error:
                    raise CutOffError(file=self.name, line=number + 1, why=type(error).__name__) from error
                if not line:
                    return
                number += 1
                yield number, line


def json_lines(path: Path) -> JsonLines:
    """The lines of the export at `path`.

    Raises NoSuchFileError, NoJsonLinesError, NotAnArchiveError, EncryptedFileError, DamagedFileError or OversizedError.
    """
    if path.is_dir():
        path /= _chosen((entry.name for entry in _listed(path) if entry.is_file(follow_symlinks=False)), path)
    if not path.is_file():
        raise NoSuchFileError(path=path)
    try:
        with path.open("rb") as file:
            begins = file.read(4)
    except OSError as error:
        raise ExportUnreadableError(file=shown(path.name), why=error.strerror or str(error)) from error
    if path.suffix.lower() == ".zip" or begins in ZIPS:
        return _zipped(path)
    if begins.startswith(GZIP):
        return JsonLines(shown(path.name), lambda: io.BufferedReader(_Gzipped(path), CHUNK))
    return JsonLines(shown(path.name), lambda: path.open("rb", buffering=CHUNK))


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise ExportUnreadableError(file=shown(folder.name), why=error.strerror or str(error)) from error


def _chosen(names: Iterable[str], path: Path) -> str:
    """The export among the files of a zip or folder: import.jsonl, the outermost, or the only one there is."""
    found = sorted(
        (name for name in names if name.lower().endswith(SUFFIX) and not _NOISE.search(name)),
        key=lambda name: (name.rpartition("/")[2].lower() != NAME, name.count("/"), name),
    )
    if not found or (len(found) > 1 and found[0].rpartition("/")[2].lower() != NAME):
        raise NoJsonLinesError(file=shown(path.name), found=len(found))
    return found[0]


def _zipped(path: Path) -> JsonLines:
    try:
        with zipfile.ZipFile(path) as zipped:
            info = zipped.getinfo(_chosen(zipped.namelist(), path))
    except _BROKEN as error:
        return _salvaged(path, NotAnArchiveError(file=shown(path.name), why=str(error)))
    name = shown(info.filename)
    if info.flag_bits & _ENCRYPTED:
        raise EncryptedFileError(file=name)
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        # The others decompress a whole block at once, of whatever size.
        raise DamagedFileError(file=name, why=f"method {info.compress_type}")
    if info.file_size > RATIO_FREE_BYTES and info.file_size > MAX_RATIO * info.compress_size:
        raise OversizedError(file=name, size=info.file_size, limit=MAX_RATIO * info.compress_size)

    def opened() -> IO[bytes]:
        with zipfile.ZipFile(path) as again:  # what it opened stays open until closed itself
            return io.BufferedReader(again.open(info), CHUNK)  # type: ignore[type-var]

    return JsonLines(name, opened)


def _salvaged(path: Path, broken: KyosoError) -> JsonLines:
    """The export in a zip whose directory is lost: found by the header that stands before it."""
    if not path.stat().st_size:
        raise broken
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = data.find(SIGNATURE)
        while at >= 0 and len(data) >= at + HEADER.size:
            _, flags, method, _, _, size, name_length, extra_length = HEADER.unpack(data[at : at + HEADER.size])
            begin = at + HEADER.size + name_length + extra_length
            name = data[at + HEADER.size : at + HEADER.size + name_length].decode("utf-8", "replace")
            sized = method == zipfile.ZIP_STORED and not flags & SIZES_FOLLOW
            wanted = name.lower().endswith(SUFFIX) and not _NOISE.search(name) and not flags & _ENCRYPTED
            if wanted and (sized or method == zipfile.ZIP_DEFLATED):
                return JsonLines(shown(name), partial(_packed, path, begin, size if sized else None), broken)
            at = data.find(SIGNATURE, at + 4)
    raise broken


def _packed(path: Path, begin: int, size: int | None) -> IO[bytes]:
    return io.BufferedReader(_Packed(path, begin, size), CHUNK)


class _Packed(io.RawIOBase):
    """Data from where they begin in a file, as far as they go: deflated, or `size` bytes as they are."""

    FORMAT = -zlib.MAX_WBITS  # zlib's number for bare deflated data

    def __init__(self, path: Path, begin: int, size: int | None) -> None:
        self._file = path.open("rb")
        self._file.seek(begin)
        self._size = size
        self._inflater = zlib.decompressobj(self.FORMAT)
        self._pending = b""
        self._read = self._made = 0

    def readable(self) -> bool:
        """As its base asks."""
        return True

    def close(self) -> None:
        """Give the file back."""
        self._file.close()
        super().close()

    def readinto(self, buffer: object) -> int:
        """Fill `buffer`. Raises EOFError where the data end too early, zlib.error where they are broken."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        data = self._stored(len(view)) if self._size is not None else self._inflated(len(view))
        view[: len(data)] = data
        return len(data)

    def _stored(self, most: int) -> bytes:
        left = (self._size or 0) - self._read
        data = self._file.read(min(most, left))
        self._read += len(data)
        if left and not data:
            raise EOFError
        return data

    def _inflated(self, most: int) -> bytes:
        while not self._inflater.eof:
            if not self._pending:
                self._pending = self._file.read(CHUNK)
                self._read += len(self._pending)
                if not self._pending:
                    raise EOFError
            data = self._inflater.decompress(self._pending, most)
            self._pending = self._inflater.unconsumed_tail
            self._made += len(data)
            if self._made > max(RATIO_FREE_BYTES, MAX_RATIO * self._read):
                raise EOFError
            if data:
                return data
        return b""


class _Gzipped(_Packed):
    """A gzip file: unlike `gzip`'s own, it gives all that can be had of one that was cut off."""

    FORMAT = 16 + zlib.MAX_WBITS  # zlib's number for gzip

    def __init__(self, path: Path) -> None:
        super().__init__(path, 0, None)

    def _inflated(self, most: int) -> bytes:
        data = super()._inflated(most)
        while not data and (rest := self._inflater.unused_data or self._file.read(CHUNK)).startswith(GZIP):
            self._inflater = zlib.decompressobj(self.FORMAT)  # files joined end to end are one
            self._pending, self._read = rest, self._read + len(rest)
            data = super()._inflated(most)
        return data
