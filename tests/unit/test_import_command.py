"""`kyoso import` as an operator sees it: counts, clear lines on stderr, exit codes, all that was sound kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
TEAM = {"type": "team", "team": {"name": "gyosei", "display_name": "行政", "type": "O"}}
ROOM = {"type": "channel", "channel": {"team": "gyosei", "name": "nandemo", "display_name": "何でも相談", "type": "O"}}
POST = {"team": "gyosei", "channel": "nandemo", "user": "taro", "message": "質問です", "create_at": 1_775_000_000_000}
LINES = [{"type": "version", "version": 1}, TEAM, ROOM, {"type": "post", "post": POST}]
WHOLE = "".join(json.dumps(line) + "\n" for line in LINES)


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    settings = {"KYOSO_DATA_DIR": str(folder / "data"), "KYOSO_LANG": "en", "COLUMNS": "200"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KYOSO_")}
    line = [sys.executable, "-m", "indexer", "import", *arguments]
    return subprocess.run(line, env=kept | settings, capture_output=True, text=True, check=False, timeout=120)


def test_a_slack_export_is_counted_and_a_second_run_finds_it_known(tmp_path: Path) -> None:
    first = command(tmp_path, "slack", str(SAMPLE), "--json")
    assert (first.returncode, first.stderr) == (0, "")
    told = json.loads(first.stdout)
    assert told["new"] == told["messages"] > 1000
    assert told["problems"] == []
    again = json.loads(command(tmp_path, "slack", str(SAMPLE), "--json").stdout)
    assert (again["new"], again["changed"], again["messages"]) == (0, 0, told["messages"])


def test_what_is_broken_in_a_slack_export_is_said_in_one_line_and_the_rest_kept(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as made:
        made.writestr("users.json", "[]")
        made.writestr("channels.json", json.dumps([{"id": "C1", "name": "何でも相談"}]))
        made.writestr("何でも相談/2026-04-01.json", json.dumps([{"type": "message", "ts": "1775000000.000100"}]))
        made.writestr("何でも相談/2026-04-02.json", '[{"type": "mess')
    done = command(tmp_path, "slack", str(tmp_path / "export.zip"), "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["new"]) == (2, 1)
    assert done.stderr.splitlines() == told["problems"]
    assert "何でも相談/2026-04-02.json" in done.stderr


def test_a_mattermost_export_that_is_cut_off_is_said_with_its_line_and_all_before_it_kept(tmp_path: Path) -> None:
    (tmp_path / "cut.jsonl").write_text(WHOLE + '{"type": "post", "po', encoding="utf-8")
    done = command(tmp_path, "mattermost", str(tmp_path / "cut.jsonl"), "--json")
    assert (done.returncode, json.loads(done.stdout)["new"]) == (2, 1)
    (line,) = done.stderr.splitlines()
    assert "cut.jsonl is cut off in line 5" in line
    (tmp_path / "whole.jsonl").write_text(WHOLE, encoding="utf-8")
    again = command(tmp_path, "mattermost", str(tmp_path / "whole.jsonl"))
    assert (again.returncode, again.stderr) == (0, "")
    assert "new           0" in again.stdout


def test_a_line_that_is_no_json_is_said_with_its_number_and_the_rest_kept(tmp_path: Path) -> None:
    lines = WHOLE.splitlines(keepends=True)
    (tmp_path / "a.jsonl").write_text("".join([*lines[:3], "nonsense\n", lines[3]]), encoding="utf-8")
    done = command(tmp_path, "mattermost", str(tmp_path / "a.jsonl"), "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["new"], told["skipped"]) == (2, 1, {"unreadable": 1})
    assert "a.jsonl, line 4 cannot be read" in done.stderr


def test_without_its_version_line_nothing_is_read_of_a_mattermost_export(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(WHOLE.partition("\n")[2], encoding="utf-8")
    done = command(tmp_path, "mattermost", str(tmp_path / "a.jsonl"))
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert "a.jsonl, line 1" in line
