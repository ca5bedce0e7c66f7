"""Importing Mattermost's exports: nothing is lost or doubled, later sights win, nobody's private words are read."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from importing import corpus_of, kinds, rows, texts, threads_of

from indexer.corpus import Database
from indexer.errors import ExportUnreadableError, NoSuchFileError
from indexer.model import Channel, Member, MessageKind, Visibility
from indexer.sources import json_lines, mattermost_export, mattermost_lines, mattermost_survey
from indexer.sources.export_errors import (
    BadLineError,
    CutOffError,
    EncryptedFileError,
    MissingVersionError,
    NoJsonLinesError,
    NoSuchTeamError,
    NotAnArchiveError,
    OversizedError,
    TooManyBadLinesError,
)
from indexer.sources.mattermost_export import ImportOptions, MattermostReport, import_mattermost

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TEAM = "mattermost:gyosei"
GENUINE = Path(__file__).parents[3] / "shared" / "data" / "mattermost_exports" / "import_test.zip"
genuine = pytest.mark.skipif(not GENUINE.is_file(), reason="the genuine export is not on this machine")

Line = dict[str, Any]


def millis(day: int, number: int = 0) -> int:
    """Noon (UTC) of a day in April 2026, `number` milliseconds later."""
    return round(datetime(2026, 4, day, 12, tzinfo=UTC).timestamp()) * 1000 + number


def line(kind: str, **told: Any) -> Line:
    return {"type": kind, kind: told}


def version(created: str = "") -> Line:
    return {"type": "version", "version": 1, **({"info": {"created": created}} if created else {})}


def channel(
    name: str = "nandemo", called: str = "何でも相談", kind: str = "O", team: str = "gyosei", **more: Any
) -> Line:
    return line("channel", team=team, name=name, display_name=called, type=kind, **more)


def user(username: str, rooms: Sequence[str] = ("nandemo",), team: str = "gyosei", **more: Any) -> Line:
    teams = [
        {"name": team, "roles": "team_user", "channels": [{"name": room, "roles": "channel_user"} for room in rooms]}
    ]
    return line("user", username=username, email=f"{username}@example.jp", roles="system_user", teams=teams, **more)


def said(author: str, message: str, at: int, **more: Any) -> Line:
    return {"user": author, "message": message, "create_at": at, **more}


def post(author: str, message: str, at: int, channel: str = "nandemo", **more: Any) -> Line:
    return {"type": "post", "post": {"team": "gyosei", "channel": channel, **said(author, message, at, **more)}}


LISTS = [
    line("team", name="gyosei", display_name="行政", type="O"),
    channel(),
    user("taro", nickname="デジタル推進＠福岡市"),
    user("hanako", first_name="花子", last_name="林", position="上島町 情報係"),
]
ANSWER = said(
    "hanako",
    "再起動で直りました",
    millis(2),
    reactions=[{"user": "taro", "create_at": millis(2), "emoji_name": "white_check_mark"}],
)
QUESTION = post("taro", "@hanako **証明書**が出ません", millis(1), replies=[ANSWER])
SMALL = [version(), *LISTS, QUESTION]


def written(path: Path, lines: Sequence[Line | bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(one if isinstance(one, bytes) else json.dumps(one).encode() + b"\n" for one in lines))
    return path


def zipped(path: Path, lines: Sequence[Line | bytes], name: str = "import.jsonl") -> Path:
    body = written(path.with_suffix(".tmp"), lines).read_bytes()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, body)
        made.writestr("data/20260401/teams/noteam/図.png", b"\0" * 100)
    return path


def imported(database: Database, path: Path, options: ImportOptions | None = None) -> MattermostReport:
    return import_mattermost(path, database, NOW, options)


def test_a_thread_is_read_whole(database: Database, tmp_path: Path) -> None:
    report = imported(database, written(tmp_path / "import.jsonl", SMALL))
    assert report == MattermostReport((TEAM,), channels=1, members=2, threads=1, messages=2, new=2)
    (thread,) = threads_of(database)
    assert (thread.channel.name, thread.root.text) == ("何でも相談", "@林 花子 証明書が出ません")
    assert [reply.text for reply in thread.replies] == ["再起動で直りました"]
    assert thread.resolved
    with corpus_of(database) as corpus:
        places = {member.display_name: member.municipality for member in corpus.members(TEAM)}
        assert places == {"デジタル推進＠福岡市": "401307", "林 花子": "383562"}
        workspace = corpus.workspace(TEAM)
    assert workspace is not None
    assert (workspace.name, workspace.permalink(thread.ref)) == ("行政", "")


@pytest.mark.parametrize("name", ["import.jsonl", "data/import.jsonl", "export.jsonl", "2026/april.JSONL"])
def test_a_zip_with_attachments_reads_as_its_lines_do(database: Database, tmp_path: Path, name: str) -> None:
    report = imported(database, zipped(tmp_path / "export.zip", SMALL, name))
    assert (report.new, report.problems) == (2, ())


def test_an_unpacked_export_reads_as_its_lines_do(database: Database, tmp_path: Path) -> None:
    written(tmp_path / "export" / "import.jsonl", SMALL)
    assert imported(database, tmp_path / "export").new == 2


def test_a_gzipped_export_reads_as_its_lines_do_as_far_as_it_goes(database: Database, tmp_path: Path) -> None:
    posts = [post("taro", f"質問 {number * 7919 % 10007}", millis(3, number)) for number in range(300)]
    plain = written(tmp_path / "a.jsonl", [*SMALL, *posts]).read_bytes()
    body = gzip.compress(plain)
    (tmp_path / "cut.jsonl.gz").write_bytes(body[: len(body) // 2])
    cut = imported(database, tmp_path / "cut.jsonl.gz")
    assert kinds(cut.problems) == [CutOffError]
    assert cut.problems[0].facts["line"] == cut.messages - 1 + len(SMALL)
    parts = [gzip.compress(part) for part in (plain[:5000], plain[5000:])]
    (tmp_path / "import.jsonl.gz").write_bytes(b"".join(parts))
    whole = imported(database, tmp_path / "import.jsonl.gz")
    assert (whole.messages, whole.known, whole.problems) == (302, cut.messages, ())


def test_the_order_of_lines_and_of_their_fields_does_not_matter(database: Database, tmp_path: Path) -> None:
    turned = [dict(reversed(one.items())) for one in reversed(SMALL[1:])]
    report = imported(database, written(tmp_path / "a.jsonl", [version(), *turned]))
    assert report == MattermostReport((TEAM,), channels=1, members=2, threads=1, messages=2, new=2)
    (thread,) = threads_of(database)
    assert (thread.channel.name, thread.root.text) == ("何でも相談", "@林 花子 証明書が出ません")


TEAMS: list[Any] = [
    {"name": "gyosei", "channels": [{"name": "nandemo"}, {"name": "nashi"}, None, {}, {"name": 5}], "roles": None},
    {"name": "kenmin", "channels": None},
    "kenmin",
]


def test_everything_that_newer_servers_write_is_read_or_counted(database: Database, tmp_path: Path) -> None:
    lines = [
        {"type": "version", "version": 1, "info": {"generator": "mattermost-server", "version": "11.2.0", "extra": {}}},
        line("scheme", name="s", scope="team", default_team_admin_role={"name": "r"}),
        line("role", name="r", permissions=["read_channel"]),
        line("team", name="gyosei", display_name="行政", type="O", scheme="s", unheard_of={"a": [1]}),
        channel(header="", purpose=None, scheme=None, deleted_at=None),
        line("user", username="taro", nickname="デジタル推進＠福岡市", custom_status=None, teams=TEAMS),
        line("bot", username="oshirase", display_name="お知らせ係", owner="nashi", delete_at=0),
        user("oshirase"),
        post("taro", "質問です", millis(1), replies=None, reactions=None, attachments=None, is_pinned=True, type=None),
        post("dareka", "知らない人です", millis(2), thread_followers=[{"user": "taro", "last_viewed": 1}], props=None),
        post("oshirase", "ボットです", millis(3), type="custom_oshirase", props={"attachments": [None, {"text": 5}]}),
        post("taro", "直しました", millis(4), edit_at=millis(5), replies=[None, "x", said("taro", "続き", millis(6))]),
        post("taro", "@all ~nandemo 添付", millis(7), attachments=[{"path": "data/2026/図.png"}, {"path": None}, 5]),
        post("taro", "", millis(8), attachments=[{"path": "data/2026/図.png"}]),
        {"type": "emoji", "emoji": {"name": "kyoso", "image": "emoji/kyoso.png"}},
    ]
    report = imported(database, written(tmp_path / "a.jsonl", lines))
    assert report.problems == ()
    assert report.skipped == {"emoji": 1, "role": 1, "scheme": 1}
    assert set(texts(database)) == {
        "@all #何でも相談 添付",
        "ボットです",
        "図.png",
        "直しました",
        "知らない人です",
        "質問です",
        "続き",
    }
    with corpus_of(database) as corpus:
        assert {member.handle: member.bot for member in corpus.members(TEAM)} == {
            "taro": False,
            "oshirase": True,
            "dareka": False,
        }


def test_a_post_of_a_megabyte_is_kept_whole_and_can_be_cut_into_words(database: Database, tmp_path: Path) -> None:
    longest = "証明書が出ません。" * 40_000
    report = imported(database, written(tmp_path / "a.jsonl", [*SMALL, post("taro", longest, millis(3))]))
    assert (report.new, report.problems) == (3, ())
    assert longest in texts(database)


def test_a_second_run_changes_nothing(database: Database, tmp_path: Path) -> None:
    path = written(tmp_path / "import.jsonl", SMALL)
    imported(database, path)
    with corpus_of(database) as corpus:
        changes = corpus.changed_since(0)
    again = imported(database, path)
    assert (again.messages, again.new, again.changed, again.known) == (2, 0, 0, 2)
    with corpus_of(database) as corpus:
        assert corpus.changed_since(0) == changes


def test_direct_messages_are_counted_and_never_read(database: Database, tmp_path: Path) -> None:
    direct: list[Line | bytes] = [
        line("direct_channel", members=["taro", "hanako"]),
        b'{"type":"direct_post","direct_post":{"message":"not even JSON\n',
        {"direct_post": {"message": "ここだけの話"}, "type": "direct_post"},
    ]
    report = imported(database, written(tmp_path / "a.jsonl", [*SMALL, *direct]))
    assert (report.messages, report.skipped) == (2, {"direct_channel": 1, "direct_post": 2})
    assert report.problems == ()
    assert not any("ここだけ" in text for text in texts(database))


def test_private_channels_are_read_only_when_named_and_stay_private(database: Database, tmp_path: Path) -> None:
    lines = [
        version(),
        LISTS[0],
        channel(),
        channel("kennai", "県内担当", "P"),
        channel("jinji", "人事", "P"),
        user("taro", ["nandemo", "kennai"]),
        user("hanako", ["jinji"]),
        post("taro", "県内の話", millis(1), "kennai", replies=[said("taro", "続き", millis(2))]),
        post("hanako", "人事の話", millis(1), "jinji"),
    ]
    path = written(tmp_path / "a.jsonl", lines)
    unnamed = imported(database, path)
    assert (unnamed.channels, unnamed.messages, unnamed.skipped) == (1, 0, {"private_channel": 3})
    report = imported(database, path, ImportOptions(private_channels=frozenset({"県内担当"})))
    assert (report.messages, report.skipped) == (2, {"private_channel": 1})
    (thread,) = threads_of(database)
    assert (thread.channel.visibility, thread.channel.members) == (Visibility.PRIVATE, frozenset({"@taro"}))
    with corpus_of(database) as corpus:
        assert not corpus.audience_of(TEAM, "@hanako").may_open(thread.channel)
        assert corpus.audience_of(TEAM, "@taro").may_open(thread.channel)


def test_a_channel_that_is_known_to_be_private_now_is_not_read(database: Database, tmp_path: Path) -> None:
    with corpus_of(database) as corpus:
        corpus.record_channels([Channel(TEAM, "c" * 26, "何でも相談", Visibility.PRIVATE, handle="nandemo")], NOW)
    report = imported(database, written(tmp_path / "a.jsonl", SMALL))
    assert (report.messages, report.skipped) == (0, {"private_channel": 2})


def test_members_bear_their_standing(database: Database, tmp_path: Path) -> None:
    lines = [
        version(),
        LISTS[0],
        channel(),
        channel("zei", "税"),
        user("guest", ["zei"]),
        user("gone", delete_at=millis(1)),
        line("bot", username="hinan-bot", owner="taro", display_name="避難所ボット"),
        post("hinan-bot", "お知らせ", millis(1), props={"from_bot": "true"}),
        post("left", "もういない人の質問です", millis(2)),
    ]
    lines[4]["user"]["roles"] = "system_guest"
    imported(database, written(tmp_path / "a.jsonl", lines))
    with corpus_of(database) as corpus:
        seen = {member.handle: member for member in corpus.members(TEAM)}
        audience = corpus.audience_of(TEAM, "@guest")
        assert [room.name for room in corpus.channels() if audience.may_open(room)] == ["税"]
    assert (seen["guest"].guest, seen["gone"].deleted) == (True, True)
    assert (seen["hinan-bot"].bot, seen["hinan-bot"].display_name) == (True, "避難所ボット")
    assert seen["left"].display_name == "left"
    assert {t.root.text: t.root.kind for t in threads_of(database)} == {
        "お知らせ": MessageKind.BOT,
        "もういない人の質問です": MessageKind.POST,
    }


def test_what_the_server_wrote_and_what_was_deleted_is_skipped_by_reason(database: Database, tmp_path: Path) -> None:
    lines = [
        *SMALL,
        post("taro", "taro joined", millis(3), type="system_join_channel", replies=[said("taro", "返信", millis(4))]),
        post("taro", "消した", millis(5), delete_at=millis(6)),
        post("taro", "よその部屋", millis(7), "nashi"),
        line("emoji", name="kyoso", image="emoji/x/image"),
        line("role", name="custom", permissions=[]),
        line("wiki", name="新しい種類"),
        {"type": "page"},
    ]
    report = imported(database, written(tmp_path / "a.jsonl", lines))
    assert report.skipped == {
        "deleted": 1,
        "emoji": 1,
        "join": 1,
        "role": 1,
        "unknown_line": 2,
        "unlisted_channel": 1,
        "without_root": 1,
    }
    assert (report.messages, report.problems) == (2, ())


def test_a_post_that_is_deleted_by_now_loses_its_words(database: Database, tmp_path: Path) -> None:
    twins = [post("taro", f"{n} つ目", millis(5)) for n in range(3)]
    before = written(tmp_path / "a.jsonl", [*SMALL, *twins, post("hanako", "間違えました", millis(4))])
    imported(database, before)
    gone: dict[str, Any] = {"delete_at": millis(6)}
    deleted = [
        post("hanako", "間違えました", millis(4), **gone),
        post("taro", "1 つ目", millis(5), **gone),
        post("hanako", "はじめて見る", millis(3), **gone),
        post("taro", "@hanako **証明書**が出ません", millis(1), replies=[{**ANSWER, **gone}]),
    ]
    after = written(tmp_path / "b.jsonl", [version(), *LISTS, twins[0], *deleted, twins[2]])
    report = imported(database, after)
    assert (report.new, report.deleted, report.skipped) == (0, 3, {"deleted": 4})
    for path in (before, after):
        imported(database, path)
        assert texts(database) == ["0 つ目", "2 つ目", "@林 花子 証明書が出ません"]


def test_archived_channels_and_newer_fields_are_understood(database: Database, tmp_path: Path) -> None:
    lines = [
        version("2026-05-01T09:00:00.123456789+09:00"),
        LISTS[0],
        channel(deleted_at=millis(3)),
        *LISTS[2:],
        post("taro", "質問です", millis(1), edit_at=0, is_pinned=False, thread_followers=[{"user": "taro"}], type=""),
    ]
    assert imported(database, written(tmp_path / "a.jsonl", lines)).problems == ()
    (thread,) = threads_of(database)
    assert thread.channel.archived


SECOND = [
    line("team", name="kenmin", display_name="県民", type="I"),
    channel("nandemo", "雑談", team="kenmin"),
    user("saburo", team="kenmin"),
]
ELSEWHERE = {
    "type": "post",
    "post": {"team": "kenmin", "channel": "nandemo", **said("saburo", "別のチーム", millis(3))},
}


def test_each_team_is_a_workspace_of_its_own(database: Database, tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", [*SMALL[:-1], *SECOND, QUESTION, ELSEWHERE])
    report = imported(database, path)
    assert report.workspaces == (TEAM, "mattermost:kenmin")
    assert report.messages == 3
    with corpus_of(database) as corpus:
        assert {member.handle for member in corpus.members("mattermost:kenmin")} == {"saburo"}
        taro = corpus.audience_of(TEAM, "@taro")
        assert [room.name for room in corpus.channels() if taro.may_open(room)] == ["何でも相談"]


def test_one_team_alone_is_read_where_the_operator_says_so(database: Database, tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", [*SMALL[:-1], *SECOND, QUESTION, ELSEWHERE])
    options = ImportOptions(team="gyosei", server_url="https://chat.example.jp/")
    report = imported(database, path, options)
    assert (report.workspaces, report.messages, report.skipped) == ((TEAM,), 2, {"other_team": 1})
    with corpus_of(database) as corpus:
        assert [(w.id, w.url) for w in corpus.workspaces()] == [(TEAM, "https://chat.example.jp/gyosei")]
    with pytest.raises(NoSuchTeamError, match="gyosei, kenmin"):
        imported(database, path, ImportOptions(team="nashi"))


def test_a_later_export_edits_and_an_older_one_does_not_undo_it(database: Database, tmp_path: Path) -> None:
    before = written(tmp_path / "before.jsonl", SMALL)
    edited = post("taro", "証明書が出ません(追記あり)", millis(1), edit_at=millis(5), replies=[ANSWER])
    later = written(tmp_path / "later.jsonl", [version(), *LISTS, edited, post("hanako", "別の質問です", millis(6))])
    imported(database, before)
    report = imported(database, later)
    assert (report.new, report.changed) == (1, 1)
    again = imported(database, before)
    assert (again.new, again.changed) == (0, 0)
    assert texts(database) == ["再起動で直りました", "別の質問です", "証明書が出ません(追記あり)"]


def test_what_was_seen_live_after_the_export_was_made_stays(database: Database, tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", [version("2026-04-20T00:00:00Z"), *SMALL[1:]])
    imported(database, path)
    (thread,) = threads_of(database)
    with corpus_of(database) as corpus:
        corpus.record([replace(thread.root, text="直した質問")], datetime(2026, 4, 20, 1, tzinfo=UTC))
    imported(database, path)
    assert "直した質問" in texts(database)


def test_a_forged_future_does_not_shut_out_what_is_seen_live(database: Database, tmp_path: Path) -> None:
    forged = post("taro", "未来", 9_999_999_999_999, edit_at=9_999_999_999_998)
    imported(database, written(tmp_path / "a.jsonl", [version("2999-01-01T00:00:00Z"), *LISTS, forged]))
    (thread,) = threads_of(database)
    with corpus_of(database) as corpus:
        assert corpus.record([replace(thread.root, text="今")], NOW + timedelta(seconds=1)).changed == 1


def test_posts_of_one_moment_are_told_apart_by_their_words(database: Database, tmp_path: Path) -> None:
    twins = [post("taro", f"{n} つ目", millis(3)) for n in range(3)]
    path = written(tmp_path / "a.jsonl", [*SMALL, *twins, post("hanako", "別の人", millis(3))])
    report = imported(database, path)
    assert report.new == 6
    assert imported(database, path).known == 6
    turned = written(tmp_path / "b.jsonl", [*SMALL, *reversed(twins), post("hanako", "別の人", millis(3))])
    assert imported(database, turned).known == 6
    edited = [twins[0], twins[2], post("taro", "直した 1 つ目", millis(3), edit_at=millis(4))]
    report = imported(database, written(tmp_path / "c.jsonl", [*SMALL, *edited, post("hanako", "別の人", millis(3))]))
    assert (report.new, report.changed) == (0, 1)
    assert {"0 つ目", "2 つ目", "直した 1 つ目", "別の人"} <= set(texts(database))


def test_what_an_export_tells_twice_is_kept_once(database: Database, tmp_path: Path) -> None:
    more = json.loads(json.dumps(QUESTION))
    more["post"]["replies"].append(said("taro", "ありがとうございます", millis(3)))
    path = written(tmp_path / "a.jsonl", [*SMALL, *SMALL, more])
    report = imported(database, path)
    assert (report.threads, report.new, report.skipped, report.problems) == (1, 3, {"repeated": 4}, ())
    (thread,) = threads_of(database)
    assert [reply.text for reply in thread.replies] == ["再起動で直りました", "ありがとうございます"]
    assert imported(database, path).known == 3


def test_who_is_known_live_keeps_the_platforms_ids(database: Database, tmp_path: Path) -> None:
    with corpus_of(database) as corpus:
        corpus.record_channels([Channel(TEAM, "c" * 26, "何でも相談", handle="nandemo")], NOW)
        corpus.record_members([Member(TEAM, "t" * 26, "太郎", handle="taro")], NOW)
    imported(database, written(tmp_path / "a.jsonl", SMALL))
    (thread,) = threads_of(database)
    assert (thread.channel.id, thread.root.author_id) == ("c" * 26, "t" * 26)
    assert thread.replies[0].reactions[0].member_ids == ("t" * 26,)
    with corpus_of(database) as corpus:
        assert {member.id for member in corpus.members(TEAM)} == {"t" * 26, "@hanako"}


# Broken and hostile files


@pytest.mark.parametrize(
    ("first", "why"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (LISTS[0], "'team'"),
        ({"type": "version", "version": 2}, "2"),
        (b"[]\n", "None"),
        (b"\x89PNG\r\n", "UTF-8"),
        ("日付,件名\n".encode(), "JSON"),
        ("「エクスポート」\n".encode("cp932"), "UTF-8"),
    ],
)
def test_without_its_version_line_nothing_is_read(
    database: Database, tmp_path: Path, first: Line | bytes, why: str
) -> None:
    rest = [] if why == "empty" else SMALL[1:]
    with pytest.raises(MissingVersionError) as failed:
        imported(database, written(tmp_path / "a.jsonl", [first, *rest]))
    assert (failed.value.facts["line"], failed.value.exit_code) == (1, 2)
    assert why in str(failed.value.facts["why"])
    assert threads_of(database) == []


def test_a_bom_and_empty_lines_are_no_obstacle(database: Database, tmp_path: Path) -> None:
    body = b"\xef\xbb\xbf" + b"\r\n\r\n".join(json.dumps(one).encode() for one in SMALL)
    report = imported(database, written(tmp_path / "a.jsonl", [body]))
    assert (report.new, report.problems) == (2, ())


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (b"{nonsense}\n", "JSON"),
        ('{"type": "post", "post": {"message": "相談"}}\n'.encode("cp932"), "UTF-8"),
        (b"[" * 100_000 + b"\n", "JSON"),
        (b"5\n", "type"),
        (json.dumps(post("", "だれか", millis(1))).encode() + b"\n", "user"),
        (json.dumps(post("taro", "いつか", 0)).encode() + b"\n", "user"),
    ],
)
def test_a_broken_line_is_named_and_the_rest_is_kept(
    database: Database, tmp_path: Path, broken: bytes, why: str
) -> None:
    report = imported(database, written(tmp_path / "a.jsonl", [*SMALL, broken, post("taro", "あと", millis(9))]))
    assert kinds(report.problems) == [BadLineError]
    problem = report.problems[0]
    assert (problem.facts["line"], problem.exit_code) == (len(SMALL) + 1, 2)
    assert why in str(problem.facts["why"])
    assert "\n" not in problem.text("ja")
    assert (report.new, report.skipped) == (3, {"unreadable": 1})


@pytest.mark.parametrize("last", [QUESTION, line("direct_post", user="taro", message="ここだけの話" * 9)])
def test_a_file_that_is_cut_off_is_kept_up_to_its_last_whole_line(
    database: Database, tmp_path: Path, last: Line
) -> None:
    path = written(tmp_path / "a.jsonl", [*SMALL, json.dumps(last).encode()[:-9]])
    report = imported(database, path)
    assert kinds(report.problems) == [CutOffError]
    assert (report.problems[0].facts["line"], report.problems[0].exit_code) == (len(SMALL) + 1, 2)
    assert (report.new, report.skipped) == (2, {})


def test_a_zip_that_is_cut_off_is_read_as_far_as_its_data_go(database: Database, tmp_path: Path) -> None:
    posts = [
        post("taro", f"質問 {number} 号です。{number * 7919 % 10007}", millis(3, number)) for number in range(3000)
    ]
    whole = zipped(tmp_path / "export.zip", [*SMALL, *posts])
    cut = tmp_path / "cut.zip"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    report = imported(database, cut)
    assert kinds(report.problems) == [NotAnArchiveError, CutOffError]
    line_number = report.problems[1].facts["line"]
    assert isinstance(line_number, int)
    assert report.messages == line_number - len(SMALL) + 1 > 500
    mended = imported(database, whole)
    assert (mended.known, mended.messages, mended.problems) == (report.messages, 3002, ())


@pytest.mark.parametrize("broken", [b"{\n", json.dumps(post("", "だれか", millis(1))).encode() + b"\n"])
def test_a_file_of_nothing_but_broken_lines_is_given_up(database: Database, tmp_path: Path, broken: bytes) -> None:
    report = imported(database, written(tmp_path / "a.jsonl", [*SMALL, *[broken] * 5000]))
    assert kinds(report.problems)[-1] is TooManyBadLinesError
    assert len(report.problems) == mattermost_lines.MOST_BAD_LINES + 1
    assert report.problems[-1].facts["line"] == len(SMALL) + mattermost_lines.MOST_BAD_LINES + 1
    assert report.new == 2


def test_a_line_without_end_is_not_held(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (json_lines, mattermost_lines, mattermost_survey):
        monkeypatch.setattr(module, "LONGEST_LINE", 1000)
    path = written(
        tmp_path / "a.jsonl", [*SMALL, post("taro", "長" * 5000, millis(3)), post("taro", "短い", millis(4))]
    )
    report = imported(database, path)
    assert [problem.facts["line"] for problem in report.problems] == [len(SMALL) + 1]
    assert "短い" in texts(database)


def test_what_cannot_be_read_at_all_is_said_so(database: Database, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.zip").write_bytes(b"")
    (tmp_path / "text.zip").write_text("これは zip ではありません", encoding="utf-8")
    written(tmp_path / "several" / "a.jsonl", SMALL)
    written(tmp_path / "several" / "b.jsonl", SMALL)
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as made:
        made.writestr("a.png", b"")
    for name, kind in {
        "missing.jsonl": NoSuchFileError,
        "empty": NoJsonLinesError,
        "several": NoJsonLinesError,
        "photos.zip": NoJsonLinesError,
        "empty.zip": NotAnArchiveError,
        "text.zip": NotAnArchiveError,
    }.items():
        with pytest.raises(kind) as failed:
            imported(database, tmp_path / name)
        assert failed.value.exit_code == 2
        assert "\n" not in failed.value.text("ja")
    assert threads_of(database) == []


def test_a_bomb_and_a_locked_zip_are_refused(database: Database, tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "bomb.zip", [*SMALL, b" " * (8 * 2**20)])
    with pytest.raises(OversizedError):
        imported(database, bomb)
    body = bytearray(zipped(tmp_path / "locked.zip", SMALL).read_bytes())
    body[6] |= 1
    body[body.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(body)
    with pytest.raises(EncryptedFileError):
        imported(database, tmp_path / "locked.zip")
    assert issubclass(EncryptedFileError, ExportUnreadableError)


def test_strings_that_no_database_takes_are_mended(any_database: Database, tmp_path: Path) -> None:
    raw = json.dumps(post("taro", "a\0b", millis(3))).replace("b", "b \\ud83d c").encode() + b"\n"
    odd = [
        user("t\0aro\udc00", nickname="\ud800"),
        channel("zei", "税\0\ud800"),
        post("hanako", "\ud800\0", millis(4), "zei"),
    ]
    assert imported(any_database, written(tmp_path / "a.jsonl", [*SMALL[:-1], raw, *odd])).problems == ()
    assert texts(any_database) == ["?", "ab ? c"]


def test_names_of_any_length_are_kept_as_far_as_the_record_goes(any_database: Database, tmp_path: Path) -> None:
    long = "長" * 1000
    given = [{"user": long, "create_at": millis(3), "emoji_name": name} for name in (long, "+1")]
    lines = [
        version(),
        line("team", name=long, display_name=long, type="O"),
        channel(long, long, team=long),
        user(long, [long], long, nickname=long, position=long, first_name=long),
        line("bot", username=f"b{long}", display_name=long),
        {"type": "post", "post": {"team": long, "channel": long, **said(long, "質問です", millis(1), reactions=given)}},
        {"type": "post", "post": {"team": long, "channel": long, **said(f"x{long}", "別人です", millis(2), type=long)}},
    ]
    options = ImportOptions(server_url="https://chat.example.jp")
    report = imported(any_database, written(tmp_path / "a.jsonl", lines), options)
    assert (report.new, report.problems, sum(report.skipped.values())) == (1, (), 1)
    (thread,) = threads_of(any_database)
    assert [reaction.emoji for reaction in thread.root.reactions] == ["+1"]


def test_an_import_that_is_killed_keeps_what_it_read_and_goes_on(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BATCH", "READ_AHEAD"):
        monkeypatch.setattr(mattermost_export, name, 2)
    monkeypatch.setattr(mattermost_lines, "PROGRESS_EVERY", 1)
    rooms = [channel(f"room{number}") for number in range(3)]
    posts = [post("taro", f"質問 {number}", millis(3, number), f"room{number % 3}") for number in range(8)]
    path = written(tmp_path / "a.jsonl", [version(), *LISTS, *rooms, *posts])

    def killed(done: int, total: int) -> None:
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_mattermost(path, database, NOW, progress=killed)
    assert len(texts(database)) == 4
    again = imported(database, path)
    assert (again.known, again.new) == (4, 4)
    assert texts(database) == [f"質問 {number}" for number in range(8)]


def test_what_the_platform_tells_while_an_export_is_read_joins_it(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BATCH", "READ_AHEAD"):
        monkeypatch.setattr(mattermost_export, name, 1)
    monkeypatch.setattr(mattermost_lines, "PROGRESS_EVERY", 1)
    room, taro = Channel(TEAM, "c" * 26, "何でも相談", handle="nandemo"), Member(TEAM, "t" * 26, "太郎", handle="taro")
    posts = [post("taro", f"質問 {number}", millis(3, number)) for number in range(4)]
    path = written(tmp_path / "a.jsonl", [*SMALL, *posts])

    def served(done: int, _total: int) -> None:
        if done == len(SMALL) + 2:
            with corpus_of(database) as corpus:
                corpus.record_channels([room], NOW)
                corpus.record_members([taro], NOW)

    import_mattermost(path, database, NOW, progress=served)
    threads = threads_of(database)
    assert {(thread.channel.id, thread.root.author_id) for thread in threads} == {(room.id, taro.id)}
    assert len(threads) == 5
    with corpus_of(database) as corpus:
        assert [one.id for one in corpus.channels(TEAM)] == [room.id]
        assert {one.id: one.display_name for one in corpus.members(TEAM)} == {taro.id: "太郎", "@hanako": "林 花子"}
    again = imported(database, path)
    assert (again.new, again.changed, again.known) == (0, 0, 6)


# Whatever is in them


AUTHORS = st.sampled_from(["taro", "hanako"])
MOMENTS = st.integers(0, 3).map(lambda number: millis(1, number))
WORDS = st.sampled_from(["はい", "いいえ", "どうですか", "@taro さん", "**太字**"])
REPLIES = st.builds(said, AUTHORS, WORDS, MOMENTS)
POSTS = st.builds(
    lambda author, words, at, replies: post(author, words, at, replies=replies),
    AUTHORS,
    WORDS,
    MOMENTS,
    st.lists(REPLIES, max_size=3),
)
PLAYED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _cleared(database: Database) -> None:
    with database.begin() as connection:
        for table in ("reactions", "messages", "threads"):
            connection.exec_driver_sql(f"DELETE FROM {table}")


def told_by(post: Line) -> tuple[str, str, int]:
    return post["user"], post["message"], post["create_at"]


@PLAYED
@given(posts=st.lists(POSTS, max_size=6))
def test_twice_is_once(database: Database, tmp_path: Path, posts: list[Line]) -> None:
    _cleared(database)
    path = written(tmp_path / "a.jsonl", [version(), *LISTS, *posts])
    first = imported(database, path)
    threads = [(told_by(one["post"]), one["post"]["replies"]) for one in posts]
    told = {(root, told_by(reply)) for root, replies in threads for reply in replies} | {(root,) for root, _ in threads}
    assert first.new == first.messages == len(told)
    assert first.messages + first.skipped.get("repeated", 0) == sum(1 + len(one["post"]["replies"]) for one in posts)
    seen = texts(database)
    again = imported(database, path)
    assert (again.new, again.changed, again.known) == (0, 0, first.messages)
    assert texts(database) == seen


@PLAYED
@given(posts=st.lists(POSTS, min_size=1, max_size=6), data=st.data())
def test_a_part_and_then_the_whole_is_the_whole(
    database: Database, tmp_path: Path, posts: list[Line], data: st.DataObject
) -> None:
    _cleared(database)
    whole = written(tmp_path / "whole.jsonl", [version(), *LISTS, *posts])
    imported(database, whole)
    expected = texts(database)
    _cleared(database)
    size = data.draw(st.integers(0, whole.stat().st_size))
    (tmp_path / "part.jsonl").write_bytes(whole.read_bytes()[:size])
    try:
        imported(database, tmp_path / "part.jsonl")
    except MissingVersionError:
        assert size <= len(json.dumps(version()))
    imported(database, whole)
    assert texts(database) == expected


# The genuine export


@genuine
def test_every_public_post_and_reply_of_the_genuine_export_is_taken(database: Database) -> None:
    with zipfile.ZipFile(GENUINE) as archive:
        lines = [json.loads(one) for one in archive.read("import.jsonl").splitlines()]
    rooms = {
        (one["channel"]["team"], one["channel"]["name"]): one["channel"]["type"] for one in lines if "channel" in one
    }
    told = [one["post"] for one in lines if one["type"] == "post"]
    public = [p for p in told if rooms[p["team"], p["channel"]] == "O"]
    private = [p for p in told if rooms[p["team"], p["channel"]] == "P"]
    report = imported(database, GENUINE)
    assert (report.threads, report.messages) == (len(public), sum(1 + len(p["replies"] or []) for p in public))
    assert report.skipped == {
        "direct_channel": 79,
        "direct_post": 901,
        "private_channel": sum(1 + len(p["replies"] or []) for p in private),
    }
    assert (report.new, report.problems) == (1754, ())
    assert imported(database, GENUINE).known == report.messages
    named = {one["channel"]["display_name"] for one in lines if one["type"] == "channel"}
    everything = imported(database, GENUINE, ImportOptions(private_channels=frozenset(named)))
    assert everything.messages == len(told) + sum(len(p["replies"] or []) for p in told) == 2916
    ((reactions,),) = rows(database, "SELECT count(*) FROM reactions")
    assert reactions == sum(len({(r["user"], r["emoji_name"]) for r in p["reactions"]}) for p in told)
