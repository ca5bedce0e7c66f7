"""A folder or a zip as a set of named files, read one at a time and never unpacked to disk.

Names are relative to where the export begins (a folder that wraps everything is looked through), with `/`, in NFC.
Hostile and broken members are left out, each with its problem, and the rest stays readable; only an archive that
cannot be opened, or whose whole size gives it away as a bomb, is refused.
"""

from __future__ import annotations

import os
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol, Self

from indexer.errors import ExportUnreadableError, KyosoError, NoSuchFileError
from indexer.sources.export_errors import (
    DamagedFileError,
    EncryptedFileError,
    EscapingPathError,
    NotAnArchiveError,
    OversizedError,
    SymbolicLinkError,
)
from indexer.sources.salvage import salvaged

# users.json takes about 2 KB a member, so this is a community of 100,000; day files stay far below.
MAX_FILE_BYTES = 256 * 2**20
# Every message takes about 1 KB: some 30 million messages.
MAX_TOTAL_BYTES = 32 * 2**30
# Exports pack about 1:10; deflate itself cannot pass 1:1032, where bombs live.
MAX_RATIO = 200
RATIO_FREE_BYTES = 2**20  # below this a high ratio harms nobody
MAX_FILES = 1_000_000

# What operating systems leave behind; names beginning with a dot are left out too.
NOISE = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini", "@eaDir"})

_ENCRYPTED = 0x1  # zip's general purpose flags
_UTF8 = 0x800
_DRIVE = re.compile(r"[A-Za-z]:")
# What zipfile and zlib raise on broken input.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)


class Entry(Protocol):
    """One file: how large it is, and its bytes."""

    @property
    def size(self) -> int:
        """How many bytes it says it holds."""

    def read(self, shown: str) -> bytes:
        """Its bytes; `shown` is what errors call it."""


class Archive:
    """The files of an export by name, and what was wrong with those left out. Close it, or use it as a context."""

    def __init__(
        self, entries: Mapping[str, Entry], problems: Iterable[KyosoError], zipped: zipfile.ZipFile | None
    ) -> None:
        self._entries = entries
        self._zipped = zipped
        self.problems = tuple(problems)

    @property
    def names(self) -> Collection[str]:
        """The names of all files that may be read."""
        return self._entries.keys()

    def read(self, name: str) -> bytes:
        """The bytes of one file. Raises ExportUnreadableError or ExportUnsafeError where it cannot be had."""
        entry = self._entries[name]
        if entry.size > MAX_FILE_BYTES:
            raise OversizedError(file=shown(name), size=entry.size, limit=MAX_FILE_BYTES)
        return entry.read(shown(name))

    def close(self) -> None:
        """Give the file back."""
        if self._zipped is not None:
            self._zipped.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_archive(path: Path, markers: Collection[str]) -> Archive:
    """The export at `path`, which begins at the folder that holds one of the files `markers` (or at the top).

    Raises NoSuchFileError, NotAnArchiveError or OversizedError where nothing of it can be read.
    """
    problems: list[KyosoError] = []
    if path.is_dir():
        return Archive(_rooted(_folder_files(path, problems), markers), problems, None)
    if not path.is_file():
        raise NoSuchFileError(path=path)
    zipped = _opened(path, problems)
    try:
        _refuse_bomb(zipped, path)
        members = _zip_files(zipped, problems)
    except KyosoError:
        zipped.close()
        raise
    return Archive(_rooted(members, markers), problems, zipped)


def shown(name: str) -> str:
    """A name fit to be printed: an archive's author chooses it, control characters and all."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in name)


class _FolderFile:
    __slots__ = ("path", "size")

    def __init__(self, path: str, size: int) -> None:
        self.path = path
        self.size = size

    def read(self, shown: str) -> bytes:
        try:
            with open(self.path, "rb", opener=_unlinked) as file:
                return file.read(MAX_FILE_BYTES + 1)[:MAX_FILE_BYTES]
        except OSError as error:
            raise ExportUnreadableError(file=shown, why=error.strerror or str(error)) from error


class _ZipMember:
    """What of a ZipInfo it takes to read the member; a long history has a file for each of its channels and days."""

    __slots__ = ("crc", "flags", "method", "name", "offset", "packed", "size", "zipped")

    def __init__(self, zipped: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> None:
        self.zipped = zipped
        self.name = name if name == info.orig_filename else info.orig_filename  # one string where they are equal
        self.size = info.file_size
        self.packed = info.compress_size
        self.offset = info.header_offset
        self.crc = info.CRC
        self.flags = info.flag_bits
        self.method = info.compress_type

    def read(self, shown: str) -> bytes:
        """The member's bytes: never more than the size it declares, which was checked."""
        if self.flags & _ENCRYPTED:
            raise EncryptedFileError(file=shown)
        if self.method not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            # The others decompress a whole block at once, of whatever size.
            raise DamagedFileError(file=shown, why=f"method {self.method}")
        if self.size > RATIO_FREE_BYTES and self.size > MAX_RATIO * self.packed:
            raise OversizedError(file=shown, size=self.size, limit=MAX_RATIO * self.packed)
        try:
            with self.zipped.open(self._info()) as file:
                return file.read()
        except _BROKEN as error:
            why = "CRC" if "CRC" in str(error) else type(error).__name__
            raise DamagedFileError(file=shown, why=why) from error

    def _info(self) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(self.name)
        info.orig_filename = self.name
        info.file_size, info.compress_size, info.header_offset = self.size, self.packed, self.offset
        info.CRC, info.flag_bits, info.compress_type = self.crc, self.flags, self.method
        return info


def _unlinked(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))


def _opened(path: Path, problems: list[KyosoError]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except _BROKEN as error:
        broken = NotAnArchiveError(file=path.name, why=str(error))
        saved = salvaged(path, max(MAX_RATIO * path.stat().st_size, RATIO_FREE_BYTES))
        if saved is None:
            raise broken from error
        problems.append(broken)
        return saved


def _refuse_bomb(zipped: zipfile.ZipFile, path: Path) -> None:
    infos = zipped.infolist()
    if len(infos) > MAX_FILES:
        raise OversizedError(file=path.name, size=len(infos), limit=MAX_FILES)
    total = sum(info.file_size for info in infos)
    limit = min(MAX_TOTAL_BYTES, max(MAX_RATIO * path.stat().st_size, MAX_FILE_BYTES))
    if total > limit:
        raise OversizedError(file=path.name, size=total, limit=limit)


def _zip_files(zipped: zipfile.ZipFile, problems: list[KyosoError]) -> dict[str, Entry]:
    """The members by name; of two with one name the later is the one that counts, as in every unzip.

    zipfile's own, larger, records are given up on the way.
    """
    found: dict[str, Entry] = {}
    infos = zipped.infolist()
    zipped.NameToInfo.clear()
    while infos:
        info = infos.pop()
        raw = _decoded(info)
        name = _inside(raw)
        if raw.endswith(("/", "\\")):
            continue
        if name is None:
            problems.append(EscapingPathError(file=shown(raw)))
        elif stat.S_ISLNK(info.external_attr >> 16):
            problems.append(SymbolicLinkError(file=shown(name)))
        elif not _is_noise(name):
            found.setdefault(name, _ZipMember(zipped, info, name))
    return found


def _decoded(info: zipfile.ZipInfo) -> str:
    """A member's name. Without the UTF-8 flag zipfile reads CP437; Japanese tools write UTF-8 or CP932 all the same."""
    if info.flag_bits & _UTF8 or info.filename.isascii():
        return info.filename
    raw = info.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "cp932"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _folder_files(root: Path, problems: list[KyosoError]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for entry, relative in _walk(root, "", problems):
        name = unicodedata.normalize("NFC", relative)
        if _is_noise(name):
            continue
        if entry.is_symlink():
            problems.append(SymbolicLinkError(file=shown(name)))
        elif entry.is_file(follow_symlinks=False):
            found[name] = _FolderFile(entry.path, entry.stat(follow_symlinks=False).st_size)
    return found


def _walk(
    folder: os.PathLike[str] | str, relative: str, problems: list[KyosoError]
) -> Iterator[tuple[os.DirEntry[str], str]]:
    """Everything under `folder` that is not a folder itself, links being left as they are."""
    try:
        with os.scandir(folder) as entries:
            inside = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        problems.append(ExportUnreadableError(file=shown(relative) or Path(folder).name, why=error.strerror))
        return
    for entry in inside:
        name = f"{relative}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, f"{name}/", problems)
        else:
            yield entry, name


def _inside(raw: str) -> str | None:
    """The name less its detours, or None where it leads out of the archive."""
    name = unicodedata.normalize("NFC", raw.replace("\\", "/"))
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if name.startswith("/") or _DRIVE.match(name) or ".." in parts or not parts:
        return None
    return "/".join(parts)


def _is_noise(name: str) -> bool:
    return any(part.startswith(".") or part in NOISE for part in name.split("/"))


def _rooted(entries: Mapping[str, Entry], markers: Collection[str]) -> Mapping[str, Entry]:
    """The files under the shallowest folder that holds a marker, named from there."""
    holders = [name.rpartition("/")[0] for name in entries if name.rpartition("/")[2] in markers]
    if not holders:
        return entries
    root = min(holders, key=lambda holder: (holder.count("/") + bool(holder), holder))
    prefix = f"{root}/" if root else ""
    return {name[len(prefix) :]: entry for name, entry in entries.items() if name.startswith(prefix)}
