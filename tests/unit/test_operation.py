"""What operators rely on: backup and restore, the doctor, health checks, jobs that run once, exit codes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from builders import NOON, channel, member, message, ref
from fastapi.testclient import TestClient
from town import MAP

from bot import examination
from bot.backup import InTheWayError, NotABackupError, backup, restore
from bot.config import BotSettings
from bot.doctor import examine, named_members
from bot.errors import UnknownMembersError
from bot.http import make_app
from bot.schedule import tidy
from bot.store import UnitOfWork
from indexer.corpus import Corpus, Database
from indexer.errors import BadInputError, NoSuchFileError
from indexer.resolution import ResolutionRules


def test_what_was_backed_up_comes_back(tmp_path: Path) -> None:
    here = BotSettings(data_dir=tmp_path / "here")
    there = BotSettings(data_dir=tmp_path / "there")
    database = Database(here.url)
    database.migrate()
    with database.begin() as connection:
        Corpus(connection).record_channels([channel()], NOON)
        Corpus(connection).record([message("1", "質問です")], NOON)
    backup(here, tmp_path / "kyoso.tar.gz")  # while the database is open
    database.close()
    restore(there, tmp_path / "kyoso.tar.gz")
    restored = Database(there.url)
    with restored.read() as connection:
        assert Corpus(connection).known(ref("1"))
    restored.close()
    with pytest.raises(InTheWayError):
        restore(there, tmp_path / "kyoso.tar.gz")


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    settings = BotSettings(data_dir=tmp_path / "data")
    with pytest.raises(NoSuchFileError):
        restore(settings, tmp_path / "none.tar.gz")
    (tmp_path / "text.tar.gz").write_text("not a tar")
    with pytest.raises(NotABackupError):
        restore(settings, tmp_path / "text.tar.gz")


def test_the_doctor_says_what_is_wrong_and_goes_on() -> None:
    def broken() -> str:
        raise BadInputError(what="x")

    found = list(examine({"good": lambda: "fine", "broken": broken, "absent": lambda: None}, "ja"))
    assert [(finding.name, finding.good) for finding in found] == [("good", True), ("broken", False), ("absent", None)]
    assert "x" in found[1].text


def test_the_doctor_names_those_in_the_channel_map_whom_nobody_knows(tmp_path: Path) -> None:
    here = [member("UAMB"), member("UOP"), replace(member("ULEFT"), deleted=True)]
    assert named_members(MAP, here) == "2"
    assert named_members(MAP, []) is None  # nothing was imported yet
    assert named_members(replace(MAP, entries=(), operators=frozenset()), here) is None
    with pytest.raises(UnknownMembersError, match="UNOBODY"):
        named_members(replace(MAP, operators=frozenset({"UOP", "UNOBODY"})), here)
    left = replace(MAP.entries[1], ambassadors=("UAMB", "ULEFT"))
    with pytest.raises(UnknownMembersError, match="ULEFT"):
        named_members(replace(MAP, entries=(left,)), here)
    found = list(examination.examine(BotSettings(data_dir=tmp_path)))
    assert ("people", None) in [(finding.name, finding.good) for finding in found]


def test_health_is_told_by_status_and_metrics_by_state(database: Database) -> None:
    def falls() -> bool:
        raise OSError

    app = make_app(UnitOfWork(database, ResolutionRules()), {"worker": lambda: True}, {"socket": falls})
    with TestClient(app) as client:
        assert client.get("/healthz").status_code == 200
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()) == (503, {"socket": False})
        assert 'kyoso_corpus{state="messages"} 0.0' in client.get("/metrics").text


def test_tidying_leaves_what_is_still_needed(database: Database) -> None:
    unit = UnitOfWork(database, ResolutionRules())
    with unit.begin() as work:
        work.claims.take("answer:1", NOON)
        work.inbox.put("slack:T", "Ev1", "event", {}, NOON)
    tidy(unit, NOON)
    with unit.read() as work:
        assert work.claims.taken("answer:1")
        assert len(work.inbox.due(NOON)) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["similar"], "text"), (["import", "slack", "/nowhere"], "/nowhere"), (["serve"], "KYOSO_SLACK_BOT_TOKEN")],
)
def test_bad_input_is_one_line_and_exit_2(tmp_path: Path, arguments: list[str], told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
