"""What no database takes (NUL, half surrogates) is mended wherever it enters, and a person's own backslashes stay."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from builders import NOON, WORKSPACE
from fakes import FakeClock, FakeDirectory
from hypothesis import given
from hypothesis import strategies as st
from slack_server import SlackServer

from bot.events import Posted
from bot.platforms.mattermost import events as mattermost_events
from bot.platforms.mattermost.contexts import Signer
from bot.platforms.mattermost.identity import Identity as MattermostIdentity
from bot.platforms.mattermost.listeners import Listeners as MattermostListeners
from bot.platforms.mattermost.web_api import WebApi
from bot.platforms.slack import events as slack_events
from bot.platforms.slack.identity import Identity as SlackIdentity
from bot.platforms.slack.listeners import Listeners as SlackListeners
from bot.platforms.slack.web_api import WebApi as SlackApi
from bot.platforms.slack.web_api import web_client
from bot.store import UnitOfWork
from indexer.corpus import Database
from indexer.model import Channel, Message, Workspace
from indexer.resolution import ResolutionRules
from indexer.sources.storable import needs_mending, storable
from indexer.text.normalise import normalise

BAD = "相談\ud800です\0 \udc00😀 C:\\u0000\\ud83d"  # the last two as somebody typed them
GOOD = "相談?です ?😀 C:\\u0000\\ud83d"
TEAM = "mattermost:kyoso"

VALUES = st.recursive(
    st.text(st.characters(codec=None), max_size=6) | st.sampled_from(["\\", "\\u0000", "\\ud83d", "\ude00", "\ud83d"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=6,
)


def strings_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.items() for text in strings_in(list(item))]
    return [text for item in value for text in strings_in(item)] if isinstance(value, list) else [value]


@given(value=VALUES, escaped=st.booleans())
def test_whatever_json_says_can_be_kept(value: Any, *, escaped: bool) -> None:
    text = json.dumps(value, ensure_ascii=escaped)
    text = text if escaped else text.encode("utf-8", "replace").decode()
    told = json.loads(text)
    kept = storable(told) if needs_mending(text) else told
    for said in strings_in(kept):
        assert "\0" not in said
        said.encode()
    assert storable(kept) == kept


@given(said=st.text())
def test_what_can_be_kept_stays_as_it_is(said: str) -> None:
    assert storable(said) == said.replace("\0", "")


@pytest.fixture
def unit(any_database: Database) -> UnitOfWork:
    return UnitOfWork(any_database, ResolutionRules())


def test_a_message_of_slack_is_heard_recorded_and_read(unit: UnitOfWork) -> None:
    me = SlackIdentity(WORKSPACE, "U0KYOSO", "B0KYOSO", "A0KYOSO")
    event = {"type": "message", "channel": "C1", "user": "U1", "ts": "1790000000.000100", "text": BAD}
    assert SlackListeners(unit, me, FakeClock()).keep({"event_id": "E\ud800", "event": event, "type": "event_callback"})
    translator = slack_events.Translator(me, FakeDirectory(), FakeClock().now)
    assert recorded(unit, translator, Channel(WORKSPACE, "C1", "何でも相談")).text == GOOD


def test_a_post_of_mattermost_is_heard_recorded_and_read(unit: UnitOfWork) -> None:
    me = MattermostIdentity(TEAM, "bot1", "kyoso", "team1")
    room = Channel(TEAM, "room1", "何でも相談")
    post = {"id": "p1", "channel_id": "room1", "user_id": "u1", "message": BAD, "create_at": 1, "update_at": 1}
    event = {"event": "posted", "data": {"post": json.dumps(post), "channel_type": "O"}, "seq": 1}
    assert MattermostListeners(unit, me, FakeClock()).event(event, "connection")
    directory = FakeDirectory(channels={"room1": room})
    lookup: Any = None
    translator = mattermost_events.Translator(me, Workspace(TEAM), directory, lookup, Signer("s"), FakeClock().now)
    assert recorded(unit, translator, room).text == GOOD


def recorded(unit: UnitOfWork, translator: Any, room: Channel) -> Message:
    """The one message of the inbox, once it is on record."""
    with unit.begin() as work:
        (entry,) = work.inbox.due(NOON)
        (event,) = translator.translate(entry.kind, entry.payload)
        assert isinstance(event, Posted)
        work.corpus.record_channels([room], NOON)
        work.corpus.record([event.message], NOON)
        normalise(event.message.text)
    with unit.read() as work:
        kept = work.corpus.message(event.message.ref)
    assert kept == event.message
    return event.message


def test_what_mattermosts_api_answers_can_be_kept() -> None:
    answer = httpx.Response(200, content=json.dumps({"id": "u", "nickname": BAD}))
    api = WebApi("http://m", "t", transport=httpx.MockTransport(lambda _request: answer))
    assert api.me()["nickname"] == GOOD


def test_what_slacks_api_answers_can_be_kept() -> None:
    with SlackServer.running() as server:
        server.add_user("U1", BAD)
        told = SlackApi(web_client(server.token, server.url)).call("users.info", user="U1")
    assert told["user"]["profile"]["display_name"] == GOOD
