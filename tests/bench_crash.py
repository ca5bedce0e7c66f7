"""`make bench`: server and bot are killed at random while members write; is anything lost, or said twice?

The bot is the real one in a process of its own, the server the stand-in of the tests. Members ask questions that have
an answer on record, edit some and delete some; at the end each question must be on record once, and each must have
the one answer, in its thread or directly, that it would have had on a quiet day.

    python tests/bench_crash.py --posts 500 --kills 50 --into docs/crashes.md
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mattermost_server import TEAM, MattermostServer
from served import Served, free_port, settle, until

from bot.config import BotSettings
from indexer import bootstrap as indexing
from indexer.corpus import Corpus
from indexer.model import MessageRef

QUESTIONS = (
    "庁舎のシマウマ模様の横断幕を電子化した団体はありますか。費用の元は取れますか。",
    "ペンギン型の案内ロボットを窓口に置いた団体はありますか。どう運用していますか。",
    "ラクダ便による文書配送を庁内で始めた団体はありますか。進め方を教えてください。",
)
NO_QUESTION = "解決しました。お騒がせしました。"
BETWEEN_POSTS = (0.02, 0.25)  # seconds
BETWEEN_KILLS = (0.3, 4.0)
LONGEST_DOWN = 0.8  # seconds that the server stays away
QUIET_SECONDS = 900.0  # how long everything may take to be dealt with at the end, on a machine busy with other things


@dataclass
class CrashMeasure:
    """What came of it. `lost`: posts not on record, answers missing or standing where they should not; `doubled`."""

    posts: int
    bot_kills: int = 0
    server_kills: int = 0
    answers: int = 0
    whispers: int = 0
    lost: int = 0
    doubled: int = 0
    seconds: float = 0.0


@dataclass
class Asked:
    """A question, and whether it is to have its answer at the end."""

    post: str
    whispered: bool
    answered: bool = True


@dataclass
class Town:
    """The server with its people; `ask` does what one of them does next."""

    server: MattermostServer
    chance: random.Random
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.asker = self.server.add_user("asker", "上島町 情報係")
        self.answerer = self.server.add_user("answerer", "松山市 システム管理")
        members = (self.asker, self.answerer)
        self.rooms = {name: self.server.add_channel(name, members=members) for name in ("何でも相談", "税", "雑談")}

    def past(self) -> None:
        for question in QUESTIONS:
            root = self.server.say(self.answerer, self.rooms["雑談"], question)
            reply = self.server.say(self.asker, self.rooms["雑談"], "三年かけて要綱から見直しました。", root)
            self.server.react(self.answerer, reply, "white_check_mark")

    def ask(self) -> None:
        whispered = self.chance.random() < 0.2
        room = self.rooms["税" if whispered else "何でも相談"]
        self.asked.append(Asked(self.server.say(self.asker, room, self.chance.choice(QUESTIONS)), whispered))
        old = self.chance.choice(self.asked)
        if old.whispered or not old.answered:
            return
        what = self.chance.random()
        if what < 0.04:
            self.server.delete(old.post)
        elif what < 0.08:
            self.server.edit(old.post, NO_QUESTION)
        old.answered = what >= 0.08


def bench_crash(posts: int, kills: int, seed: int = 1) -> CrashMeasure:
    """Let members write, kill, wait for calm, count."""
    chance = random.Random(seed)
    measure = CrashMeasure(posts)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kyoso-crash-") as folder, MattermostServer.running() as server:
        home = Path(folder) / "home"
        settle(home)
        town = Town(server, chance)
        port = free_port()
        settings = {
            "KYOSO_MATTERMOST_URL": server.url,
            "KYOSO_MATTERMOST_TOKEN": server.token,
            "KYOSO_MATTERMOST_TEAM": TEAM,
        }
        bot = Served(None, home, port=port, **settings).ready()
        town.past()
        _calm(bot, server)
        writing = threading.Thread(target=_write, args=(town, posts, chance), daemon=True)
        writing.start()
        for number in range(kills):
            time.sleep(chance.uniform(*BETWEEN_KILLS))
            if number % 2:
                server.restart(chance.uniform(0.0, LONGEST_DOWN))
                measure.server_kills += 1
            else:
                bot.kill()
                measure.bot_kills += 1
                bot = Served(None, home, port=port, **settings)
        writing.join()
        bot.ready()
        _calm(bot, server)
        bot.end()
        _count(town, home, measure)
    measure.seconds = time.monotonic() - start
    return measure


def _write(town: Town, posts: int, chance: random.Random) -> None:
    pace = random.Random(chance.random())
    for _ in range(posts):
        town.ask()
        time.sleep(pace.uniform(*BETWEEN_POSTS))


def _calm(bot: Served, server: MattermostServer) -> None:
    """Wait until the bot has heard the last of it, told by a newcomer whom it looks up, and said all it has to say."""

    def heard() -> bool:
        newcomer = server.add_user(f"newcomer{len(server.users)}")
        server.tell("new_user", {"user_id": newcomer})
        end = time.monotonic() + 20.0
        while time.monotonic() < end:
            if ("GET", f"/api/v4/users/{newcomer}") in server.calls:
                return True
            time.sleep(0.1)
        return False

    until(heard, QUIET_SECONDS)
    for _ in range(2):
        until(bot.nothing_left, QUIET_SECONDS)
        time.sleep(1.0)


def _count(town: Town, home: Path, measure: CrashMeasure) -> None:
    server = town.server
    direct = server.said_by_bot(server.direct_channel(town.asker, server.bot))
    settings = BotSettings(data_dir=home / "data")
    with indexing.database(settings) as database, database.read() as connection:
        corpus = Corpus(connection)
        for asked in town.asked:
            post = server.posts[asked.post]
            ref = MessageRef(f"mattermost:{TEAM}", post["channel_id"], asked.post)
            measure.lost += not corpus.known(ref)
            if asked.whispered:
                said = sum(asked.post in told["message"] for told in direct)
                measure.whispers += said
            else:
                said = sum(one["user_id"] == server.bot for one in server.thread(asked.post))
                measure.answers += said
            due = int(asked.answered)
            measure.lost += max(0, due - said) if due else said
            measure.doubled += max(0, said - 1) if due else 0


PAGE = """# Killed at random

Written by `make bench` (`tests/bench_crash.py`) on {date}. While members of a Mattermost team wrote {posts} posts,
edited and deleted some, the bot was killed {bot_kills} times with SIGKILL and started again, and the server
{server_kills} times, its connections broken and what it kept for replay forgotten.

| posts | kills | answers in threads | answers to one alone | lost | said twice | seconds |
|---|---|---|---|---|---|---|
| {posts} | {kills} | {answers} | {whispers} | **{lost}** | **{doubled}** | {seconds:.0f} |

Lost: a post that is not on record, an answer that is missing, or one that stands though its question was deleted.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=500)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--into", type=Path)
    given = parser.parse_args()
    measure = bench_crash(given.posts, given.kills, given.seed)
    print(json.dumps(asdict(measure)))  # noqa: T201 - a command line's output
    if given.into:
        kills = measure.bot_kills + measure.server_kills
        page = PAGE.format(date=f"{datetime.now(UTC):%Y-%m-%d}", kills=kills, **asdict(measure))
        given.into.write_text(page, encoding="utf-8")
    sys.exit(1 if measure.lost or measure.doubled else 0)


if __name__ == "__main__":
    main()
