"""Hearing Mattermost: nothing is missed and nothing heard twice, whatever breaks between server and bot."""

from __future__ import annotations

import random
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes import FakeClock
from mattermost_server import MattermostServer
from sqlalchemy import select

from bot.config import BotSettings
from bot.errors import PlatformError
from bot.events import Deleted, Edited, Event, Posted, Reacted, Unreacted
from bot.platforms.mattermost.catch_up import CatchUp
from bot.platforms.mattermost.client import MattermostPlatform
from bot.platforms.mattermost.connecting import connect
from bot.platforms.mattermost.listeners import Listeners
from bot.platforms.mattermost.socket import EventSocket
from bot.platforms.mattermost.transport import trusted
from bot.store import UnitOfWork
from bot.store.tables import inbox
from indexer.corpus import Database
from indexer.model import Channel
from indexer.resolution import ResolutionRules
from indexer.sources.mattermost_post import moment


@dataclass
class Ear:
    """The hearing half of a bot on the stand-in; what it heard is in the inbox."""

    server: MattermostServer
    unit: UnitOfWork
    database: Database
    platform: MattermostPlatform
    clock: FakeClock
    asker: str = ""

    @contextmanager
    def listening(self) -> Iterator[EventSocket]:
        me, api = self.platform.me, self.platform.api
        listeners = Listeners(self.unit, me, self.clock)
        missed = CatchUp(api, me, self.unit, listeners, self.clock)
        socket = EventSocket(api.base, self.server.token, hear=listeners.event, catch_up=missed.run)
        socket.start()
        try:
            until(socket.connected)
            yield socket
        finally:
            socket.close()

    def entries(self) -> list[tuple[str, str]]:
        with self.database.read() as connection:
            return [(row.kind, row.event_id) for row in connection.execute(select(inbox).order_by(inbox.c.id))]

    def heard(self) -> list[Event]:
        """All that was heard, in order, as events; the inbox is emptied."""
        with self.unit.begin() as work:
            due = work.inbox.due(self.clock.now(), limit=10_000)
            events = [event for one in due for event in self.platform.translate(one.kind, one.payload)]
            for one in due:
                work.inbox.done(one.id)
        return events

    def posts_heard(self) -> list[str]:
        return [name.partition(":")[2] for _, name in self.entries() if name.startswith("posted:")]


def until(done: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.01)


@pytest.fixture
def ear(database: Database) -> Iterator[Ear]:
    with MattermostServer.running() as server:
        at = moment(server.now())
        assert at is not None
        clock = FakeClock(at)
        unit = UnitOfWork(database, ResolutionRules())
        settings = BotSettings(mattermost_url=server.url, mattermost_token=server.token, mattermost_team="kyoso")
        platform = connect(settings, unit, clock)
        yield Ear(server, unit, database, platform, clock)
        platform.close()


@pytest.fixture
def room(ear: Ear) -> str:
    ear.asker = ear.server.add_user("asker")
    return ear.server.add_channel("何でも相談", members=(ear.asker,))


def say(ear: Ear, room: str, text: str = "質問です", root: str = "") -> str:
    return ear.server.say(ear.asker, room, text, root)


def test_what_was_said_before_the_bot_came_is_history(ear: Ear, room: str) -> None:
    say(ear, room, "昔の質問")
    with ear.listening():
        new = say(ear, room)
        until(ear.posts_heard)
    assert ear.posts_heard() == [new]


def test_a_dropped_connection_is_resumed_and_replayed(ear: Ear, room: str) -> None:
    with ear.listening() as socket:
        opened = ear.server.wire.opened
        first = say(ear, room)
        until(ear.posts_heard)
        calls = len(ear.server.calls)
        ear.server.drop_sockets()
        second = say(ear, room)
        until(lambda: len(ear.posts_heard()) == 2)
        until(socket.connected)
        assert ear.server.wire.opened == opened + 1
        assert not [path for _, path in ear.server.calls[calls:] if path.endswith("/posts")]  # nothing to catch up with
    assert ear.posts_heard() == [first, second]


def test_a_server_that_forgot_the_connection_is_caught_up_with(ear: Ear, room: str) -> None:
    with ear.listening() as socket:
        first = say(ear, room)
        until(ear.posts_heard)
        ear.server.wire.stop()
        second = say(ear, room)
        ear.server.wire.start()
        until(lambda: len(ear.posts_heard()) == 2)
        until(socket.connected)
        third = say(ear, room)
        until(lambda: len(ear.posts_heard()) == 3)
    assert ear.posts_heard() == [first, second, third]


def test_more_than_the_server_keeps_for_replay(ear: Ear, room: str) -> None:
    with ear.listening():
        ear.server.wire.stop()
        said = [say(ear, room, f"質問{number}") for number in range(300)]
        ear.server.wire.start()
        until(lambda: len(ear.posts_heard()) == 300)
    assert ear.posts_heard() == said


def test_more_than_the_server_tells_of_at_once(ear: Ear, room: str) -> None:
    with ear.listening():
        say(ear, room)
        until(ear.posts_heard)
    said = [say(ear, room, f"質問{number}") for number in range(1_250)]
    with ear.listening():
        pass
    assert set(said) <= set(ear.posts_heard())
    assert len(ear.posts_heard()) == 1_251


def test_edits_deletions_and_reactions_while_away(ear: Ear, room: str) -> None:
    with ear.listening():
        kept, gone = say(ear, room, "残る質問"), say(ear, room, "消える質問")
        ear.server.react(ear.asker, kept, "eyes")
        until(lambda: len(ear.entries()) == 3)
    heard = ear.heard()
    with ear.unit.begin() as work:
        work.corpus.record_channels([Channel(ear.platform.workspace.id, room, "何でも相談")], ear.clock.now())
        for one in heard:
            if isinstance(one, Posted):
                work.corpus.record([one.message], one.message.posted_at, with_reactions=False)
            if isinstance(one, Reacted):
                work.corpus.react(one.ref, one.emoji, one.member_id)
    ear.server.edit(kept, "直した質問")
    ear.server.delete(gone)
    ear.server.react(ear.asker, kept, "eyes", remove=True)
    ear.server.react(ear.asker, kept, "white_check_mark")
    unseen = say(ear, room, "すぐに消す")
    ear.server.delete(unseen)
    with ear.listening():
        pass
    told = [(type(one), getattr(one, "emoji", ""), ref_of(one)) for one in ear.heard()]
    assert (Edited, "", kept) in told
    assert (Deleted, "", gone) in told
    assert (Unreacted, "eyes", kept) in told
    assert (Reacted, "white_check_mark", kept) in told
    assert not [one for one in told if one[0] is Posted]


def ref_of(event: Event) -> str:
    found = event.message.ref if isinstance(event, Posted | Edited) else getattr(event, "ref", None)
    return found.message_id if found else ""


def test_direct_messages_and_new_rooms_while_away(ear: Ear, room: str) -> None:
    with ear.listening():
        say(ear, room)
        until(ear.posts_heard)
    asked = ear.server.dm(ear.asker, "似た相談はありますか")
    new_room = ear.server.add_channel("新しい部屋", members=(ear.asker,))
    said = say(ear, new_room)
    with ear.listening():
        pass
    assert {asked, said} <= set(ear.posts_heard())


def test_catching_up_goes_on_after_a_failure(ear: Ear, room: str) -> None:
    with ear.listening():
        say(ear, room)
        until(ear.posts_heard)
    missed = say(ear, room)
    ear.server.fail("GET /api/v4/channels", 500)
    ear.server.fail("GET /api/v4/users/me/teams", 429, Retry_After="0")
    with ear.listening():
        assert missed in ear.posts_heard()


def test_a_server_without_replay(ear: Ear, room: str) -> None:
    """It gives its connections no ids either: what stands at the same place of two of them is not the same."""
    ear.server.reliable = False
    with ear.listening() as socket:
        ear.server.join(ear.asker, room)
        until(lambda: len(ear.entries()) == 1)
        for connection in list(ear.server.wire.connections.values()):
            connection.drop()
        ear.server.wire.connections.clear()
        missed = say(ear, room)
        until(lambda: missed in ear.posts_heard())
        until(socket.connected)
        ear.server.leave(ear.asker, room)
        until(lambda: len(ear.entries()) == 3)


def test_catching_up_waits_where_the_server_asks_to(ear: Ear, room: str) -> None:
    """However many channels there are: begun anew each time, a limited reading would never come to its end."""
    with ear.listening():
        say(ear, room)
        until(ear.posts_heard)
    rooms = [ear.server.add_channel(f"部屋{number}", members=(ear.asker,)) for number in range(5)]
    missed = [say(ear, other) for other in rooms]
    opened = ear.server.wire.opened
    ear.server.fail("GET /api/v4/channels", 429, times=4, Retry_After="0")
    with ear.listening():
        assert set(missed) <= set(ear.posts_heard())
    assert ear.server.wire.opened == opened + 1


def hears(server: MattermostServer, database: Database) -> bool:
    clock, unit = FakeClock(), UnitOfWork(database, ResolutionRules())
    settings = BotSettings(mattermost_url=server.url, mattermost_token=server.token, mattermost_team="kyoso")
    ear = Ear(server, unit, database, connect(settings, unit, clock), clock, server.add_user("asker"))
    with ear.listening():
        said = say(ear, server.add_channel("何でも相談", members=(ear.asker,)))
        until(ear.posts_heard)
    return ear.posts_heard() == [said]


def test_a_server_under_a_path_is_heard(database: Database) -> None:
    with MattermostServer.running("/chat") as server:
        assert hears(server, database)


def test_an_authority_of_the_organisations_own_is_trusted_where_the_machine_does(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openssl = shutil.which("openssl") or pytest.skip("no openssl to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Kyoso"]
    made += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([openssl, *made], check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with MattermostServer.running(tls=tls) as server:
        with pytest.raises(PlatformError, match="CERTIFICATE_VERIFY_FAILED"):
            hears(server, database)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert hears(server, database)
        assert len(trusted().get_ca_certs()) > 100  # the usual authorities are still among them


def test_a_wrong_token_is_refused(ear: Ear) -> None:
    settings = BotSettings(mattermost_url=ear.server.url, mattermost_token="wrong", mattermost_team="kyoso")
    with pytest.raises(PlatformError):
        connect(settings, ear.unit, ear.clock)


def test_killed_at_random_nothing_is_lost_and_nothing_doubled(ear: Ear, room: str) -> None:
    """Both sides die fifty times while five hundred posts are written."""
    chance = random.Random(5)
    said: list[str] = []
    kills = 0
    while kills < 50 or len(said) < 500:
        with ear.listening():
            for _ in range(chance.randint(1, 3)):
                said += [say(ear, room, f"質問{len(said)}") for _ in range(chance.randint(2, 10))]
                if chance.random() < 0.5:
                    ear.server.wire.stop()
                    said += [say(ear, room, f"質問{len(said)}") for _ in range(chance.randint(0, 4))]
                    ear.server.wire.start()
                    kills += 1
                elif chance.random() < 0.3:
                    ear.server.drop_sockets()
        kills += 1
        said += [say(ear, room, f"質問{len(said)}") for _ in range(chance.randint(0, 4))]
    with ear.listening():
        until(lambda: len(ear.posts_heard()) >= len(said))
    assert sorted(ear.posts_heard()) == sorted(said)
