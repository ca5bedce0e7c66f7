"""Reading histories from the platforms' APIs: whole, once, resumable, and joined to what an export told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mattermost_server import MattermostServer
from slack_server import SlackServer

from bot import bootstrap
from bot.backfill import BackfillReport
from bot.config import BotSettings
from bot.errors import NotConfiguredError, PlatformError
from bot.platforms import patience
from bot.platforms.mattermost import web_api as mattermost_api
from bot.platforms.mattermost.web_api import WebApi
from bot.platforms.payloads import Payload
from bot.platforms.slack import history as slack_history
from bot.platforms.slack.history import CALLS, SECONDS, Pace
from indexer import bootstrap as indexing
from indexer.corpus import Corpus
from indexer.model import Thread
from indexer.sources.mattermost_export import import_mattermost

NOW = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack_history, "PAGE", 2)
    monkeypatch.setattr(mattermost_api, "PAGE", 2)
    monkeypatch.setattr(patience, "PAUSES", (0.0,))


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer.running() as server:
        server.add_user("UASK", "上島町 情報係")
        server.add_user("UANS", "松山市 システム管理")
        server.add_channel("C0HELP", "何でも相談", members=("UASK", "UANS"))
        server.add_channel("C0TAX", "税", bot_in=False, members=("UASK",))
        server.add_channel("C0ELSE", "地図にない部屋", bot_in=False, members=("UASK",))
        server.add_channel("G0OWN", "内緒", private=True, members=("UASK",))
        yield server


@pytest.fixture
def mattermost() -> Iterator[MattermostServer]:
    with MattermostServer.running() as server:
        yield server


def slack_settings(server: SlackServer, home: Path) -> BotSettings:
    return BotSettings(data_dir=home, slack_bot_token=server.token, slack_api_url=server.url)


def mattermost_settings(server: MattermostServer, home: Path) -> BotSettings:
    return BotSettings(
        data_dir=home, mattermost_url=server.url, mattermost_token=server.token, mattermost_team=server.team["name"]
    )


def read(settings: BotSettings, platform: str, since: datetime | None = None) -> BackfillReport:
    return bootstrap.backfill(settings, platform, since, lambda _done, _total: None)


def threads_of(settings: BotSettings) -> list[Thread]:
    with indexing.database(settings) as database, database.read() as connection:
        corpus = Corpus(connection)
        found = corpus.threads(change.thread_id for change in corpus.changed_since(0))
    return sorted(found, key=lambda thread: thread.root.posted_at)


def replies_calls(server: SlackServer) -> int:
    return sum(call.method == "conversations.replies" for call in server.calls)


# Slack


def test_slacks_history_is_read_whole_and_a_second_time_only_what_is_new(slack: SlackServer, tmp_path: Path) -> None:
    settings = slack_settings(slack, tmp_path)
    roots = [slack.say("UASK", "C0HELP", f"{n} 番目の質問です") for n in range(5)]
    slack.say("UANS", "C0HELP", "<@UASK> 再起動で直りました", roots[1])
    slack.react("UASK", "C0HELP", roots[1], "white_check_mark")
    slack.say("UASK", "C0TAX", "税の質問です")
    slack.say("UASK", "C0ELSE", "地図にない部屋の質問です")
    slack.say("UASK", "G0OWN", "内緒の話")
    report = read(settings, "slack")
    assert (report.new, report.unread_channels) == (7, {"not_in_channel": 1, "private_channel": 1})
    found = threads_of(settings)
    assert [thread.root.text for thread in found] == [*(f"{n} 番目の質問です" for n in range(5)), "税の質問です"]
    assert [reply.text for reply in found[1].replies] == ["@上島町 情報係 再起動で直りました"]
    assert [thread.resolved for thread in found] == [False, True, False, False, False, False]
    before = replies_calls(slack)
    again = read(settings, "slack")
    assert (again.new, again.changed, replies_calls(slack)) == (0, 0, before)
    slack.say("UANS", "C0HELP", "遅い返信です", roots[0])
    later = read(settings, "slack")
    assert (later.new, replies_calls(slack)) == (1, before + 1)
    assert [reply.text for reply in threads_of(settings)[0].replies] == ["遅い返信です"]


def test_a_reading_of_slack_that_was_cut_off_goes_on_where_it_was(slack: SlackServer, tmp_path: Path) -> None:
    settings = slack_settings(slack, tmp_path)
    for n in range(9):
        slack.say("UASK", "C0HELP", f"{n} 番目の質問です")

    def cut_off_after(pages: int) -> None:
        answer = slack.answer
        left = iter(range(pages))

        def failing(method: str, arguments: dict[str, object], token: str) -> dict[str, object]:
            if method == "conversations.history" and next(left, None) is None:
                slack.fail("conversations.history", 500, times=99)
            return answer(method, arguments, token)

        slack.answer = failing  # type: ignore[method-assign]

    cut_off_after(2)
    with pytest.raises(PlatformError):
        read(settings, "slack")
    kept = len(threads_of(settings))
    assert 0 < kept < 9
    del slack.answer
    slack.troubles.clear()
    told = len(slack.calls)
    assert read(settings, "slack").new == 9 - kept
    first = next(
        c for c in slack.calls[told:] if c.method == "conversations.history" and c.arguments["channel"] == "C0HELP"
    )
    assert "latest" in first.arguments
    assert len(threads_of(settings)) == 9


def test_slacks_limits_are_waited_for(slack: SlackServer, tmp_path: Path) -> None:
    slack.say("UASK", "C0HELP", "質問です")
    slack.fail("conversations.history", 429, times=2, retry_after=0)
    assert read(slack_settings(slack, tmp_path), "slack").new == 1


def test_calls_keep_slacks_pace() -> None:
    slept: list[float] = []
    pace = Pace(slept.append, lambda: 100.0)
    for _ in range(CALLS):
        pace.wait()
    assert slept == []
    pace.wait()
    assert slept == [SECONDS]


def test_only_what_was_said_since_a_day_is_read(slack: SlackServer, tmp_path: Path) -> None:
    slack.say("UASK", "C0HELP", "古い質問です")
    since = datetime.fromtimestamp(float(slack.say("UASK", "C0HELP", "境の質問です")) - 0.5, UTC)
    slack.say("UASK", "C0HELP", "新しい質問です")
    read(slack_settings(slack, tmp_path), "slack", since)
    assert [thread.root.text for thread in threads_of(slack_settings(slack, tmp_path))] == [
        "境の質問です",
        "新しい質問です",
    ]


def test_without_settings_the_names_of_those_missing_are_told(tmp_path: Path) -> None:
    for platform, name in (("slack", "KYOSO_SLACK_BOT_TOKEN"), ("mattermost", "KYOSO_MATTERMOST_URL")):
        with pytest.raises(NotConfiguredError, match=name) as failed:
            read(BotSettings(data_dir=tmp_path), platform)
        assert failed.value.exit_code == 2


# Mattermost


def talk(server: MattermostServer) -> tuple[str, str, list[str]]:
    """Two people, a channel, three threads: their ids."""
    taro = server.add_user("taro", "デジタル推進＠福岡市")
    hanako = server.add_user("hanako", "上島町 情報係")
    room = server.add_channel("何でも相談", members=(taro, hanako))
    roots = [server.say(taro, room, f"{n} 番目の質問です") for n in range(3)]
    server.say(hanako, room, "@taro **再起動**で直りました", roots[0])
    server.say(hanako, room, "それは困りましたね", roots[1])
    return room, taro, roots


def test_mattermosts_history_is_read_whole_and_once(mattermost: MattermostServer, tmp_path: Path) -> None:
    settings = mattermost_settings(mattermost, tmp_path)
    room, taro, roots = talk(mattermost)
    mattermost.react(taro, roots[0], "white_check_mark")
    mattermost.create(mattermost.bot, {"channel_id": room, "message": "ボットの発言"})
    mattermost.say(taro, room, "参加しました", type="system_join_channel")
    report = read(settings, "mattermost")
    assert (report.new, report.skipped["join"]) == (5, 1)
    found = threads_of(settings)
    assert [thread.ref.message_id for thread in found] == roots
    assert found[0].replies[0].text == "@デジタル推進＠福岡市 再起動で直りました"
    assert found[0].root.reactions
    mattermost.say(taro, room, "遅い返信です", roots[2])
    again = read(settings, "mattermost")
    assert (again.new, again.changed) == (1, 0)


def test_a_late_reply_since_a_day_brings_what_opened_its_thread(mattermost: MattermostServer, tmp_path: Path) -> None:
    settings = mattermost_settings(mattermost, tmp_path)
    room, taro, roots = talk(mattermost)
    since = datetime.fromtimestamp(mattermost.now() / 1000, UTC)
    mattermost.say(taro, room, "遅い返信です", roots[0])
    assert read(settings, "mattermost", since).new >= 2
    thread = next(thread for thread in threads_of(settings) if thread.ref.message_id == roots[0])
    assert thread.replies[-1].text == "遅い返信です"
    assert roots[2] not in {thread.ref.message_id for thread in threads_of(settings)}


def test_a_reading_of_mattermost_that_was_cut_off_goes_on_where_it_was(
    mattermost: MattermostServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = mattermost_settings(mattermost, tmp_path)
    room, taro, _ = talk(mattermost)
    asked: list[str] = []
    whole = WebApi.posts_before

    def cut_off(api: WebApi, channel_id: str, post_id: str) -> tuple[list[Payload], list[Payload]]:
        asked.append(post_id)
        if len(asked) == 2:
            raise PlatformError(platform="Mattermost", method="posts", why="HTTP 500")
        return whole(api, channel_id, post_id)

    monkeypatch.setattr(WebApi, "posts_before", cut_off)
    with pytest.raises(PlatformError):
        read(settings, "mattermost")
    mattermost.say(taro, room, "その間の質問です")
    assert read(settings, "mattermost").new == 3
    assert asked[2] == asked[1] != ""
    assert read(settings, "mattermost").new == 1
    assert len(threads_of(settings)) == 4


def exported(server: MattermostServer, path: Path) -> Path:
    """A bulk export of what the server holds, as `mmctl export` would write it."""
    team = server.team["name"]
    names = {user_id: user["username"] for user_id, user in server.users.items()}
    rooms = {room_id: room for room_id, room in server.channels.items() if room["type"] == "O"}
    lines: list[dict[str, object]] = [{"type": "version", "version": 1}]
    lines.append({"type": "team", "team": {"name": team, "display_name": "共創", "type": "O"}})
    for room in rooms.values():
        facts = {key: room[key] for key in ("name", "display_name", "type")}
        lines.append({"type": "channel", "channel": {"team": team, **facts}})
    for user in server.users.values():
        joined = [{"name": team, "channels": [{"name": room["name"]} for room in rooms.values()]}]
        facts = {key: user[key] for key in ("username", "nickname", "first_name", "last_name", "roles", "delete_at")}
        lines.append({"type": "user", "user": facts | {"teams": joined}})

    def told(post_id: str) -> dict[str, object]:
        post = server.posts[post_id]
        given = [
            {"user": names[one["user_id"]], "emoji_name": one["emoji_name"], "create_at": one["create_at"]}
            for one in server.reactions.get(post_id, [])
        ]
        said = {key: post[key] for key in ("message", "create_at", "edit_at", "type", "props")}
        return {"user": names[post["user_id"]], **said, "reactions": given}

    for post_id, post in sorted(server.posts.items()):
        if not post["root_id"] and not post["delete_at"] and post["channel_id"] in rooms:
            replies = [told(one["id"]) for one in server.posts.values() if one["root_id"] == post_id]
            place = {"team": team, "channel": rooms[post["channel_id"]]["name"]}
            lines.append({"type": "post", "post": {**place, **told(post_id), "replies": replies}})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_an_export_and_the_api_make_one_record(mattermost: MattermostServer, tmp_path: Path) -> None:
    settings = mattermost_settings(mattermost, tmp_path / "home")
    room, taro, roots = talk(mattermost)
    mattermost.react(taro, roots[0], "white_check_mark")
    path = exported(mattermost, tmp_path / "import.jsonl")
    with indexing.database(settings) as database:
        assert import_mattermost(path, database, NOW).new == 5
    before = {thread.root.text: thread.id for thread in threads_of(settings)}
    assert all(thread.ref.exported for thread in threads_of(settings))
    mattermost.edit(roots[2], "直した質問です")
    mattermost.say(taro, room, "新しい返信です", roots[1])
    report = read(settings, "mattermost")
    assert (report.new, report.messages) == (1, 6)
    found = threads_of(settings)
    assert [thread.ref.message_id for thread in found] == roots
    assert [thread.id for thread in found] == [before[f"{n} 番目の質問です"] for n in range(3)]
    assert [thread.root.text for thread in found][2] == "直した質問です"
    assert {thread.channel.id for thread in found} == {room}
    assert found[0].root.reactions[0].member_ids == (taro,)
    with indexing.database(settings) as database:
        again = import_mattermost(path, database, NOW)
        assert (again.new, again.changed) == (0, 0)
        with database.read() as connection:
            corpus = Corpus(connection)
            workspace = corpus.workspace(found[0].ref.workspace_id)
            assert corpus.counts()["channels"] == 1
    assert workspace is not None
    assert workspace.permalink(found[0].ref) == f"https://mattermost.example/kyoso/pl/{roots[0]}"


def test_what_was_deleted_since_the_export_is_gone(mattermost: MattermostServer, tmp_path: Path) -> None:
    settings = mattermost_settings(mattermost, tmp_path / "home")
    room, taro, roots = talk(mattermost)
    path = exported(mattermost, tmp_path / "import.jsonl")
    with indexing.database(settings) as database:
        assert import_mattermost(path, database, NOW).new == 5
    mattermost.delete(roots[1])  # and its reply with it
    mattermost.delete(next(post["id"] for post in mattermost.thread(roots[0]) if post["root_id"]))
    mattermost._last += 120_000
    mattermost.say(taro, room, "二分後の質問です")
    report = read(settings, "mattermost")
    assert (report.new, report.deleted) == (1, 3)
    assert [thread.root.text for thread in threads_of(settings)] == [
        "0 番目の質問です",
        "2 番目の質問です",
        "二分後の質問です",
    ]
    assert threads_of(settings)[0].replies == ()
    again = read(settings, "mattermost")
    assert (again.new, again.changed, again.deleted) == (0, 0, 0)
