"""Archives: what is sound is read by name, what is hostile or broken is left out and named."""

from __future__ import annotations

import io
import json
import os
import stat
import struct
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from indexer.errors import BadInputError, NoSuchFileError
from indexer.sources import archive as archive_module
from indexer.sources.archive import Archive, open_archive
from indexer.sources.export_errors import (
    DamagedFileError,
    EncryptedFileError,
    EscapingPathError,
    NotAnArchiveError,
    OversizedError,
    SymbolicLinkError,
)

MARKERS = frozenset({"users.json", "channels.json"})


def zipped(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as made:
        for name, value in files.items():
            made.writestr(name, value)
    return path


def opened(path: Path) -> Archive:
    return open_archive(path, MARKERS)


def raw_named(path: Path, name: bytes, value: bytes) -> Path:
    """A zip whose one member bears `name` as raw bytes, without the UTF-8 flag, as old tools write it."""
    placeholder = "x" * len(name)
    zipped(path, {placeholder: value}, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(placeholder.encode(), name))
    return path


def test_a_folder_and_a_zip_of_it_hold_the_same_files(tmp_path: Path) -> None:
    files = {"users.json": b"[]", "何でも相談/2026-04-01.json": b"[1]"}
    folder = tmp_path / "export"
    for name, value in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(value)
    for path in (folder, zipped(tmp_path / "export.zip", files)):
        with opened(path) as archive:
            assert {name: archive.read(name) for name in archive.names} == files
            assert archive.problems == ()


@pytest.mark.parametrize("wrapper", ["export/", "a/b/"])
def test_a_folder_that_wraps_everything_is_looked_through(tmp_path: Path, wrapper: str) -> None:
    files = {f"{wrapper}users.json": b"[]", f"{wrapper}general/2026-04-01.json": b"[]", "readme.txt": b""}
    with opened(zipped(tmp_path / "export.zip", files)) as archive:
        assert set(archive.names) == {"users.json", "general/2026-04-01.json"}


def test_what_operating_systems_leave_behind_is_no_file_of_the_export(tmp_path: Path) -> None:
    files = {"users.json": b"[]", "__MACOSX/._users.json": b"?", ".DS_Store": b"?", "general/.DS_Store": b"?"}
    with opened(zipped(tmp_path / "export.zip", files)) as archive:
        assert set(archive.names) == {"users.json"}


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("何でも相談/2026-04-01.json", "cp932"), ("表計算ソフト/2026-04-01.json", "cp932"), ("何でも/a.json", "utf-8")],
)
def test_japanese_names_without_the_utf8_flag_are_read(tmp_path: Path, name: str, encoding: str) -> None:
    with opened(raw_named(tmp_path / "export.zip", name.encode(encoding), b"[]")) as archive:
        assert set(archive.names) == {name}
        assert archive.read(name) == b"[]"


def test_names_are_composed_and_backslashes_are_separators(tmp_path: Path) -> None:
    decomposed = "カ\u3099ハ\u3099クラ"  # as macOS writes 「ガバクラ」
    with opened(zipped(tmp_path / "export.zip", {f"{decomposed}\\2026-04-01.json": b"[]"})) as archive:
        assert set(archive.names) == {"ガバクラ/2026-04-01.json"}


@pytest.mark.parametrize("name", ["../out.json", "a/../../out.json", "/etc/out.json", "C:\\out.json", "..\\out.json"])
def test_a_path_that_climbs_out_is_named_and_the_rest_is_read(tmp_path: Path, name: str) -> None:
    with opened(zipped(tmp_path / "export.zip", {name: b"[]", "users.json": b"[]"})) as archive:
        assert set(archive.names) == {"users.json"}
        assert [type(problem) for problem in archive.problems] == [EscapingPathError]
        assert archive.problems[0].facts["file"] == name
        assert archive.read("users.json") == b"[]"


def test_symbolic_links_are_not_followed_in_zips(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as made:
        link = zipfile.ZipInfo("channels.json")
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, "/etc/passwd")
        made.writestr("users.json", "[]")
    with opened(path) as archive:
        assert set(archive.names) == {"users.json"}
        assert [type(problem) for problem in archive.problems] == [SymbolicLinkError]


def test_symbolic_links_are_not_followed_in_folders(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "2026-04-01.json").write_text("[]")
    export = tmp_path / "export"
    export.mkdir()
    (export / "users.json").write_text("[]")
    (export / "general").symlink_to(secret)
    (export / "channels.json").symlink_to(secret / "2026-04-01.json")
    with opened(export) as archive:
        assert set(archive.names) == {"users.json"}
        assert [problem.facts["file"] for problem in archive.problems] == ["channels.json", "general"]


def test_a_fifo_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "users.json").write_text("[]")
    os.mkfifo(tmp_path / "channels.json")
    with opened(tmp_path) as archive:
        assert set(archive.names) == {"users.json"}


def test_a_member_packed_beyond_reason_is_refused_alone(tmp_path: Path) -> None:
    path = zipped(tmp_path / "export.zip", {"general/2026-04-01.json": b"0" * 20_000_000, "users.json": b"[]"})
    with opened(path) as archive:
        with pytest.raises(OversizedError, match=r"general/2026-04-01\.json"):
            archive.read("general/2026-04-01.json")
        assert archive.read("users.json") == b"[]"


def test_an_archive_that_unpacks_without_bound_is_refused_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_module, "MAX_FILE_BYTES", 2**20)
    path = zipped(tmp_path / "export.zip", {f"general/{n}.json": b"0" * 2**20 for n in range(30)})
    with pytest.raises(OversizedError, match=r"export\.zip"):
        opened(path)


def test_a_file_too_large_to_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "MAX_FILE_BYTES", 10)
    (tmp_path / "users.json").write_bytes(b"[" + b" " * 20 + b"]")
    with opened(tmp_path) as archive, pytest.raises(OversizedError):
        archive.read("users.json")


def test_a_member_that_understates_its_size_yields_no_more_than_that(tmp_path: Path) -> None:
    path = zipped(tmp_path / "export.zip", {"users.json": b"0" * 100_000})
    path.write_bytes(path.read_bytes().replace(struct.pack("<L", 100_000), struct.pack("<L", 10)))
    with opened(path) as archive, pytest.raises(DamagedFileError):
        archive.read("users.json")


def test_a_member_with_a_wrong_checksum_is_reported_alone(tmp_path: Path) -> None:
    files = {"general/2026-04-01.json": b"[1, 2, 3]", "users.json": b"[]"}
    path = zipped(tmp_path / "export.zip", files, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"[1, 2, 3]", b"[1, 9, 3]"))
    with opened(path) as archive:
        with pytest.raises(DamagedFileError, match="CRC"):
            archive.read("general/2026-04-01.json")
        assert archive.read("users.json") == b"[]"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_cannot_be_bounded_are_not_unpacked(tmp_path: Path, method: int) -> None:
    path = zipped(tmp_path / "export.zip", {"users.json": b"[]"}, method)
    with opened(path) as archive, pytest.raises(DamagedFileError, match="method"):
        archive.read("users.json")


def test_an_encrypted_member_is_named(tmp_path: Path) -> None:
    path = zipped(tmp_path / "export.zip", {"users.json": b"[]"})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    path.write_bytes(data)
    with opened(path) as archive, pytest.raises(EncryptedFileError, match=r"users\.json"):
        archive.read("users.json")


@pytest.mark.parametrize(("kept", "whole"), [(0.3, 6), (0.8, 17), (0.99, 20)])
def test_of_a_truncated_zip_the_whole_files_are_saved(tmp_path: Path, kept: float, whole: int) -> None:
    files = {f"general/{n:02}.json": os.urandom(3000) for n in range(20)}
    path = zipped(tmp_path / "export.zip", files)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with opened(path) as archive:
        names = sorted(archive.names)
        assert [archive.read(name) for name in names] == list(files.values())[: len(names)]
        assert len(names) == pytest.approx(whole, abs=1)
        assert [type(problem) for problem in archive.problems] == [NotAnArchiveError]
        assert "\n" not in archive.problems[0].text("ja")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"nothing of a zip", b"PK\x03\x04" + bytes(60)])
def test_what_holds_no_whole_file_is_refused_in_one_line(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(data)
    with pytest.raises(NotAnArchiveError, match=r"export\.zip"):
        opened(path)


def test_a_truncated_zip_that_was_written_to_a_pipe_is_saved_too(tmp_path: Path) -> None:
    class Pipe(io.RawIOBase):
        """Takes bytes and cannot go back, so that sizes stand behind the data."""

        def __init__(self) -> None:
            self.taken = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.taken += data
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as target:
        for n in range(5):
            target.writestr(f"general/{n}.json", json.dumps([n] * 1000))
    path = tmp_path / "export.zip"
    path.write_bytes(pipe.taken[: len(pipe.taken) * 7 // 10])
    with opened(path) as archive:
        assert json.loads(archive.read("general/0.json")) == [0] * 1000


def test_every_single_broken_byte_ends_in_an_answer_or_a_known_error(tmp_path: Path) -> None:
    path = zipped(tmp_path / "export.zip", {"users.json": b"[1]" * 20, "general/2026-04-01.json": b"[2]" * 20})
    sound = path.read_bytes()
    for at in range(len(sound)):
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 0xFF]) + sound[at + 1 :])
        with suppress(BadInputError), opened(path) as archive:
            for name in archive.names:
                archive.read(name)


def test_control_characters_of_a_name_do_not_reach_the_terminal(tmp_path: Path) -> None:
    with opened(zipped(tmp_path / "export.zip", {"../\x1b[31m.json": b""})) as archive:
        assert "\x1b" not in archive.problems[0].text("ja")


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoSuchFileError, match="missing"):
        opened(tmp_path / "missing.zip")
