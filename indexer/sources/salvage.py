"""What can be saved of a zip that was cut off: its directory is lost, but each file stands behind a header of its own.

Format: PKWARE's APPNOTE, 4.3.7 (local file header) and 4.3.9 (data descriptor).
"""

from __future__ import annotations

import struct
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

HEADER = struct.Struct(
    "<4s2xHH4xIIIHH"
)  # signature, flags, method, CRC, packed and whole size, lengths of name and extra
SIGNATURE = b"PK\x03\x04"
DESCRIPTOR = b"PK\x07\x08"
SIZES_FOLLOW = 0x8  # flag: CRC and sizes stand behind the data
CHUNK = 64 * 1024
IN_MEMORY = 8 * 2**20  # bytes of the saved zip before it goes to disk


@dataclass(frozen=True, slots=True)
class _Header:
    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int


def salvaged(path: Path, most_bytes: int) -> zipfile.ZipFile | None:
    """A sound zip of the whole files in the zip at `path`, or None where there is not one.

    Stops at the first file that is not whole, or where they unpack to more than `most_bytes`.
    """
    kept = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the ZipFile that is returned owns it
    count, total = 0, 0
    with path.open("rb") as source, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as target:
        while (header := _header(source)) is not None:
            data = _data(source, header, most_bytes - total)
            if data is None:
                break
            if not header.name.endswith((b"/", b"\\")):
                target.writestr(_named(header), data)
                count += 1
            total += len(data)
    return zipfile.ZipFile(kept) if count else None


def _header(source: IO[bytes]) -> _Header | None:
    raw = source.read(HEADER.size)
    if len(raw) < HEADER.size or not raw.startswith(SIGNATURE):
        return None
    _, flags, method, crc, packed, size, name_length, extra_length = HEADER.unpack(raw)
    name = source.read(name_length)
    source.seek(extra_length, 1)
    return _Header(name, flags, method, crc, packed, size) if name and len(name) == name_length else None


def _data(source: IO[bytes], header: _Header, most_bytes: int) -> bytes | None:
    """The file's bytes if they are all there and sound; the source then stands at what follows them."""
    if header.method == zipfile.ZIP_STORED and not header.flags & SIZES_FOLLOW and header.size <= most_bytes:
        data, crc = source.read(header.size), header.crc
    elif header.method == zipfile.ZIP_DEFLATED:
        inflated = _inflated(source, most_bytes)
        if inflated is None:
            return None
        data, crc = inflated, header.crc
        if header.flags & SIZES_FOLLOW:
            mark = source.read(4)
            crc = int.from_bytes(source.read(4) if mark == DESCRIPTOR else mark, "little")
            source.seek(8, 1)
    else:
        return None
    return data if zlib.crc32(data) == crc else None


def _inflated(source: IO[bytes], most_bytes: int) -> bytes | None:
    """One deflate stream from where the source stands, which is left right behind it."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    data = bytearray()
    pending = b""
    while not inflater.eof:
        pending = pending or source.read(CHUNK)
        if not pending or len(data) > most_bytes:
            return None
        try:
            data += inflater.decompress(pending, CHUNK * 16)
        except zlib.error:
            return None
        pending = inflater.unconsumed_tail
    source.seek(-len(inflater.unused_data), 1)
    return bytes(data)


def _named(header: _Header) -> zipfile.ZipInfo:
    """The name as the broken zip had it, for `archive` to judge; bytes without the UTF-8 flag read as zipfile reads."""
    encoding = "utf-8" if header.flags & 0x800 else "cp437"
    info = zipfile.ZipInfo(header.name.decode(encoding, "replace"))
    info.compress_type = zipfile.ZIP_DEFLATED
    return info
