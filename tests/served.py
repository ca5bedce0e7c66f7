"""The real bot in a process of its own, at the fake Slack, with a small community of the past indexed beforehand."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Self

from slack_server import SlackServer

CODE = Path(__file__).parent.parent
SAMPLE = CODE / "data" / "sample"
PAST = ("税", "介護", "公共施設予約", "RPA・BPR", "何でも相談")
# Low thresholds: what is tested here is the way of an answer, not its quality.
CHANNEL_MAP = """\
version: 1
confidence: {thread: 0.05, whisper: 0.02}
operators: [UOP]
channels:
  - {name: 何でも相談, kind: prefecture, reply: thread, prefecture: 愛媛県}
  - {name: 税, kind: topic, reply: whisper, keywords: [課税]}
  - {name: 新しい部屋, kind: topic, reply: thread, keywords: [新規]}
  - {name: 県内担当, kind: topic, reply: thread, visibility: private, keywords: [県内]}
  - {name: 雑談, kind: social, reply: off}
  - {name: 週のまとめ, kind: announcements, reply: off, digest: community}
  - {name: はじめまして, kind: introductions, reply: off}
  - {name: 試し書き, kind: practice, reply: off}
"""
SAMPLE_WEEK = "2025-W40"  # of that past
LONG = 60.0  # seconds, on a machine that is busy with other things
STARTING = 240.0  # likewise, to load everything


def until(done: Callable[[], object], seconds: float = LONG) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(home: Path, **settings: str) -> dict[str, str]:
    """The settings of a process that lives in `home`, and nothing of KYOSO_* from outside."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KYOSO_")}
    own = {
        "KYOSO_DATA_DIR": str(home / "data"),
        "KYOSO_CHANNEL_MAP": str(home / "channel_map.yaml"),
        "PYTHONPATH": str(CODE),
    }
    return kept | own | settings


def settle(home: Path) -> None:
    """Import and index the past of the community in `home`."""
    export = home / "export"
    export.mkdir(parents=True)
    for name in ("users.json", "channels.json"):
        shutil.copy(SAMPLE / name, export / name)
    for name in PAST:
        shutil.copytree(SAMPLE / name, export / name)
    (home / "channel_map.yaml").write_text(CHANNEL_MAP, encoding="utf-8")
    for command in (["import", "slack", str(export)], ["index"]):
        subprocess.run(
            [sys.executable, "-m", "bot", *command], cwd=home, env=environment(home), check=True, capture_output=True
        )


def digest(home: Path, *arguments: str, week: str = SAMPLE_WEEK) -> subprocess.CompletedProcess[str]:
    """Print or post the digest of a week."""
    command = [sys.executable, "-m", "bot", "digest", "--week", week, *arguments]
    return subprocess.run(command, cwd=home, env=environment(home), check=False, capture_output=True, text=True)


def slack_settings(server: SlackServer) -> dict[str, str]:
    """What a bot needs to speak on this Slack."""
    ours = {"KYOSO_SLACK_API_URL": server.url, "KYOSO_SLACK_BOT_TOKEN": server.token}
    return ours | {"KYOSO_SLACK_APP_TOKEN": server.app_token, "KYOSO_SLACK_SIGNING_SECRET": server.signing_secret}


class Served:
    """One `serve` process, at a Slack where one is given; `settings` name other platforms."""

    def __init__(self, server: SlackServer | None, home: Path, *, port: int = 0, **settings: str) -> None:
        self.home = home
        self.port = port or free_port()
        self.log = home / f"log-{self.port}.txt"
        ours = {"KYOSO_HTTP_PORT": str(self.port)} | (slack_settings(server) if server else {})
        self.events_url = f"http://127.0.0.1:{self.port}/slack/events"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "serve"],
                cwd=home,
                env=environment(home, **ours | settings),
                stderr=log,
            )

    def __enter__(self) -> Self:
        return self.ready()

    def __exit__(self, *_exc: object) -> None:
        self.kill()

    def ready(self) -> Self:
        """Wait until it serves."""

        def answers() -> bool:
            assert self.process.poll() is None, self.log.read_text()
            return self.get("/readyz")[0] == 200

        until(answers, STARTING)
        return self

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""
        except OSError:
            return 0, ""

    def idle(self) -> None:
        """Wait until nothing is to be understood and nothing to be said."""
        until(self.nothing_left)

    def nothing_left(self) -> bool:
        """Whether nothing is to be understood and nothing to be said."""
        _, told = self.get("/metrics")
        queued = re.findall(
            r'^kyoso_(?:inbox\{state="new"|outbox\{state="(?:waiting|sending)")\} (\S+)', told, re.MULTILINE
        )
        return bool(told) and not any(map(float, queued))

    def kill(self) -> None:
        """End it at once, as a crash does."""
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """Ask it to end; its exit code."""
        self.process.terminate()
        return self.process.wait(LONG)
