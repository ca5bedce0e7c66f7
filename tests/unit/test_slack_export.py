"""Importing Slack exports: nothing is lost or doubled, later sights win, and nobody's private words are read."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from importing import corpus_of, kinds, messages_of, rows, threads_of

from indexer.corpus import Database
from indexer.errors import KyosoError
from indexer.evaluation.bench_import import ImportMeasure, bench_import, ratio
from indexer.evaluation.synthetic import write_export
from indexer.model import Audience, MessageRef, ResolvedBy, Visibility
from indexer.sources import slack_export
from indexer.sources.export_errors import (
    EscapingPathError,
    MissingListError,
    NotAListError,
    NotAnExportError,
    NotJsonError,
    NotUtf8Error,
    OddEntriesError,
    UnlistedChannelError,
)
from indexer.sources.slack_export import UNKNOWN_WORKSPACE, ImportOptions, SlackReport, import_slack

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TEAM = "T0TEST"
WORKSPACE = f"slack:{TEAM}"
HELP = "C0HELP"
GENUINE = Path(__file__).parents[3] / "shared" / "data" / "slack_exports"
SAMPLE = Path(__file__).parents[2] / "data" / "sample"
genuine = pytest.mark.skipif(not GENUINE.is_dir(), reason="the genuine exports are not on this machine")

Files = dict[str, Any]


def stamp(day: int, number: int = 0) -> str:
    """A ts at noon (UTC) of a day in April 2026, `number` seconds later."""
    return f"{int(datetime(2026, 4, day, 12, tzinfo=UTC).timestamp()) + number}.000100"


def said(ts: str, text: str, user: str = "U1", **more: Any) -> dict[str, Any]:
    return {"type": "message", "ts": ts, "text": text, "user": user, **more}


def user(user_id: str, name: str, **more: Any) -> dict[str, Any]:
    return {"id": user_id, "team_id": TEAM, "name": user_id.lower(), "profile": {"display_name": name}, **more}


def export(**files: Any) -> Files:
    """A small export; keyword `users` is users.json, and `files` more by name."""
    lists: Files = {
        "users.json": [user("U1", "デジタル推進＠福岡市"), user("U2", "上島町 情報係")],
        "channels.json": [{"id": HELP, "name": "何でも相談", "members": ["U1", "U2"]}],
        "何でも相談/2026-04-01.json": [
            said(stamp(1), "<@U2> コンビニ交付の証明書が出ません", thread_ts=stamp(1), reply_count=1),
        ],
        "何でも相談/2026-04-02.json": [
            said(stamp(2), "サーバの再起動で直りました。", "U2", thread_ts=stamp(1), parent_user_id="U1"),
        ],
    }
    return lists | files


def written(folder: Path, files: Mapping[str, Any]) -> Path:
    for name, value in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return folder


def imported(database: Database, path: Path, options: ImportOptions | None = None) -> SlackReport:
    return import_slack(path, database, NOW, options)


def help_ref(ts: str) -> MessageRef:
    return MessageRef(WORKSPACE, HELP, ts)


def text_of(database: Database, ts: str) -> str:
    with corpus_of(database) as corpus:
        message = corpus.message(help_ref(ts))
    return message.text if message else ""


def test_threads_are_joined_across_day_files(database: Database, tmp_path: Path) -> None:
    report = imported(database, written(tmp_path / "export", export()))
    assert report == SlackReport(WORKSPACE, channels=1, members=2, threads=1, messages=2, new=2)
    (thread,) = threads_of(database)
    assert thread.channel.name == "何でも相談"
    assert thread.root.text == "@上島町 情報係 コンビニ交付の証明書が出ません"
    assert [reply.text for reply in thread.replies] == ["サーバの再起動で直りました。"]


def test_members_bear_their_municipality_and_standing(database: Database, tmp_path: Path) -> None:
    users = [
        user("U1", "情報係", real_name="情報係＠福岡市"),
        user("U2", "だれか", is_restricted=True),
        user("U3", "元職員", deleted=True),
        user("U4", "札幌市の通知", is_bot=True),
    ]
    imported(database, written(tmp_path, export(**{"users.json": users})))
    with corpus_of(database) as corpus:
        seen = {member.id: member for member in corpus.members(WORKSPACE)}
    assert seen["U1"].municipality == "401307"
    assert seen["U2"].guest
    assert seen["U3"].deleted
    assert (seen["U4"].bot, seen["U4"].municipality) == (True, None)


def test_a_guest_opens_the_public_channels_they_belong_to_alone(database: Database, tmp_path: Path) -> None:
    files = export(
        **{
            "users.json": [user("U1", "委託先", is_ultra_restricted=True)],
            "channels.json": [{"id": HELP, "name": "何でも相談", "members": ["U1"]}, {"id": "C0TAX", "name": "税"}],
        }
    )
    imported(database, written(tmp_path, files))
    with corpus_of(database) as corpus:
        audience: Audience = corpus.audience_of(WORKSPACE, "U1")
        assert [channel.name for channel in corpus.channels() if audience.may_open(channel)] == ["何でも相談"]


def test_a_second_run_changes_nothing(database: Database, tmp_path: Path) -> None:
    path = written(tmp_path, export())
    imported(database, path)
    with corpus_of(database) as corpus:
        changes = corpus.changed_since(0)
    again = imported(database, path)
    assert (again.messages, again.new, again.changed, again.known) == (2, 0, 0, 2)
    with corpus_of(database) as corpus:
        assert corpus.changed_since(0) == changes


def test_a_later_overlapping_export_edits_and_an_older_one_does_not_undo_it(database: Database, tmp_path: Path) -> None:
    before = written(tmp_path / "before", export())
    edited = said(stamp(1), "証明書が出ません（追記あり）", edited={"user": "U1", "ts": stamp(3)})
    later = export(
        **{
            "channels.json": [{"id": HELP, "name": "相談"}],
            "相談/2026-04-01.json": [edited],
            "相談/2026-04-05.json": [said(stamp(5), "別の質問です")],
        }
    )
    later = {name: value for name, value in later.items() if not name.startswith("何でも相談/")}
    imported(database, before)
    report = imported(database, written(tmp_path / "later", later))
    assert (report.new, report.changed) == (1, 1)
    again = imported(database, before)
    assert (again.new, again.changed) == (0, 0)
    assert text_of(database, stamp(1)) == "証明書が出ません（追記あり）"
    with corpus_of(database) as corpus:
        assert [channel.name for channel in corpus.channels()] == ["相談"]


def test_what_was_seen_live_after_the_last_message_stays_even_on_the_same_day(
    database: Database, tmp_path: Path
) -> None:
    path = written(tmp_path, export())
    imported(database, path)
    with corpus_of(database) as corpus:
        message = corpus.message(help_ref(stamp(1)))
        assert message is not None
        corpus.record([replace(message, text="直した質問")], datetime(2026, 4, 2, 13, tzinfo=UTC))
    imported(database, path)
    assert text_of(database, stamp(1)) == "直した質問"


def test_an_edit_made_after_the_last_message_of_an_old_period_is_taken(database: Database, tmp_path: Path) -> None:
    imported(database, written(tmp_path / "a", export()))
    edit = said(stamp(1), "ひと月後に直した質問", edited={"user": "U1", "ts": stamp(29)})
    report = imported(database, written(tmp_path / "b", export(**{"何でも相談/2026-04-01.json": [edit]})))
    assert report.changed == 1
    assert text_of(database, stamp(1)) == "ひと月後に直した質問"


def test_times_in_the_future_do_not_shut_out_what_is_seen_live(database: Database, tmp_path: Path) -> None:
    forged = said("9999999999.000100", "未来", edited={"user": "U1", "ts": "9999999998.000000"})
    imported(database, written(tmp_path, export(**{"何でも相談/9999-12-31.json": [forged]})))
    with corpus_of(database) as corpus:
        message = corpus.message(help_ref("9999999999.000100"))
        assert message is not None
        changed = corpus.record([replace(message, text="今")], NOW + timedelta(seconds=1))
    assert changed.changed == 1


def test_a_tombstone_removes_words_seen_earlier(database: Database, tmp_path: Path) -> None:
    imported(database, written(tmp_path / "a", export()))
    gone = said(stamp(1), "This message was deleted.", "USLACKBOT", subtype="tombstone")
    report = imported(database, written(tmp_path / "b", export(**{"何でも相談/2026-04-01.json": [gone]})))
    assert (report.skipped, report.deleted) == ({"tombstone": 1}, 1)
    assert threads_of(database) == []


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", NotJsonError),
        (b'[{"type": "message", "ts": "17', NotJsonError),
        (b"[" * 100_000, NotJsonError),
        (b'{"messages": []}', NotAListError),
        ("[「相談」]".encode("cp932"), NotUtf8Error),
        ('["相談"]'.encode("utf-16"), NotUtf8Error),
    ],
)
def test_a_broken_day_file_is_named_and_the_rest_is_kept(
    database: Database, tmp_path: Path, content: bytes, kind: type[KyosoError]
) -> None:
    report = imported(database, written(tmp_path / "a", export(**{"何でも相談/2026-04-01.json": content})))
    assert kinds(report.problems) == [kind]
    assert report.problems[0].facts["file"] == "何でも相談/2026-04-01.json"
    assert report.problems[0].exit_code == 2
    assert "\n" not in report.problems[0].text("ja")
    assert report.new == 1
    mended = imported(database, written(tmp_path / "a", export()))
    assert (mended.new, mended.known, mended.problems) == (1, 1, ())
    assert len(threads_of(database)) == 1


def test_entries_that_are_no_messages_are_counted_and_named(database: Database, tmp_path: Path) -> None:
    entries: list[Any] = [1, None, "x", [], said(stamp(1), "質問です"), said(stamp(1, 5), "長い", user="U" * 5000)]
    entries.append(said(stamp(1, 6), "長い", reactions=[{"name": "x" * 500, "users": ["U1"]}]))
    report = imported(database, written(tmp_path, export(**{"何でも相談/2026-04-01.json": entries})))
    assert kinds(report.problems) == [OddEntriesError]
    assert report.skipped == {"not_a_message": 6}
    assert report.messages + sum(report.skipped.values()) == len(entries) + 1


def test_strings_that_no_database_takes_are_mended(any_database: Database, tmp_path: Path) -> None:
    day = b'[{"type":"message","user":"U1","ts":"1775000000.000100","text":"a\\u0000b \\ud83d c \\ud83d\\ude00"}]'
    lists = {"users.json": [user("U\ud800", "\0\ud800")], "何でも相談/2026-04-01.json": day}
    report = imported(any_database, written(tmp_path, export(**lists)))
    assert report.problems == ()
    assert text_of(any_database, "1775000000.000100") == "ab ? c 😀"


def test_names_of_any_length_are_kept_as_far_as_the_record_goes(any_database: Database, tmp_path: Path) -> None:
    long = "長" * 1000
    day = [
        said(stamp(1), "質問です", reactions=[{"name": "+1", "users": ["U1"]}]),
        said(stamp(2), "連携です", "", bot_id="B1", username=long, subtype="bot_message"),
        said(stamp(3), "次も", "", bot_id=long, username="連携", subtype="bot_message"),
        said(stamp(4), "件名", subtype=long),
    ]
    users = [user("U1", long, real_name=long) | {"team_id": long}]
    files = export(
        **{
            "users.json": users,
            "何でも相談/2026-04-01.json": day,
            "channels.json": [{"id": HELP, "name": "何でも相談"}, {"id": "C2", "name": long}],
        }
    )
    del files["何でも相談/2026-04-02.json"]
    report = imported(any_database, written(tmp_path, files))
    assert (report.messages, report.channels, report.skipped["not_a_message"]) == (2, 2, 1)


def test_a_bom_is_no_obstacle(database: Database, tmp_path: Path) -> None:
    users = b"\xef\xbb\xbf" + json.dumps([user("U1", "福岡市")]).encode()
    report = imported(database, written(tmp_path, export(**{"users.json": users})))
    assert (report.members, report.problems) == (1, ())


def test_without_users_messages_are_read_and_members_keep_their_ids(database: Database, tmp_path: Path) -> None:
    files = export()
    del files["users.json"]
    report = imported(database, written(tmp_path, files))
    assert kinds(report.problems) == [MissingListError]
    assert (report.workspace_id, report.new) == (UNKNOWN_WORKSPACE, 2)
    (thread,) = threads_of(database)
    assert thread.root.text.startswith("@U2 ")


def test_without_users_the_messages_tell_the_workspace_and_the_corpus_the_names(
    database: Database, tmp_path: Path
) -> None:
    imported(database, written(tmp_path / "a", export()))
    files = export()
    del files["users.json"]
    files["何でも相談/2026-04-02.json"][0]["team"] = TEAM
    report = imported(database, written(tmp_path / "b", files))
    assert (report.workspace_id, report.new, report.changed, report.known) == (WORKSPACE, 0, 0, 2)


def test_grid_users_and_members_of_other_organisations(database: Database, tmp_path: Path) -> None:
    files = export()
    users = files.pop("users.json")
    files["org_users.json"] = [user("U9", "国の人") | {"team_id": "T0OTHER"}, *users]
    report = imported(database, written(tmp_path, files))
    assert (report.workspace_id, report.members, report.problems) == (WORKSPACE, 3, ())


def test_a_given_workspace_overrides_the_exports_own(database: Database, tmp_path: Path) -> None:
    report = imported(database, written(tmp_path, export()), ImportOptions(workspace_id="console:sample"))
    assert report.workspace_id == "console:sample"


PRIVATE_WORDS = [said(stamp(3), "ここだけの話")]


def test_private_channels_are_read_only_when_named_and_stay_private(database: Database, tmp_path: Path) -> None:
    groups = [
        {"id": "G0KEN", "name": "県内担当", "members": ["U1"]},
        {"id": "G0JIN", "name": "人事", "members": ["U2"]},
    ]
    path = written(
        tmp_path,
        export(
            **{
                "groups.json": groups,
                "県内担当/2026-04-03.json": PRIVATE_WORDS,
                "人事/2026-04-03.json": b"never opened",
            }
        ),
    )
    unnamed = imported(database, path)
    assert (unnamed.channels, unnamed.unread, unnamed.problems) == (1, {"private_channel": 2}, ())
    report = imported(database, path, ImportOptions(private_channels=frozenset({"県内担当"})))
    assert (report.new, report.unread, report.problems) == (1, {"private_channel": 1}, ())
    with corpus_of(database) as corpus:
        room = corpus.channel(WORKSPACE, "G0KEN")
        assert room is not None
        assert (room.visibility, room.members) == (Visibility.PRIVATE, frozenset({"U1"}))
        assert not corpus.audience_of(WORKSPACE, "U2").may_open(room)
        assert corpus.channel(WORKSPACE, "G0JIN") is None


def test_a_channel_in_both_lists_or_of_a_private_name_counts_as_private(database: Database, tmp_path: Path) -> None:
    files = {
        "channels.json": [{"id": "C1", "name": "もと公開"}, {"id": "C2", "name": "人事"}, {"id": HELP, "name": "相談"}],
        "groups.json": [{"id": "C1", "name": "いま非公開"}, {"id": "G2", "name": "人事"}],
        "もと公開/2026-04-03.json": PRIVATE_WORDS,
        "いま非公開/2026-04-03.json": PRIVATE_WORDS,
        "人事/2026-04-03.json": PRIVATE_WORDS,
    }
    report = imported(database, written(tmp_path, {"users.json": [], **files}))
    assert report.messages == 0
    assert sum(report.unread.values()) == 3


@pytest.mark.parametrize("folder", ["D0ABCDEF12", "mpdm-a--b--c-1"])
def test_direct_messages_are_never_opened_whatever_the_lists_say(
    database: Database, tmp_path: Path, folder: str
) -> None:
    listed = [{"id": HELP, "name": "何でも相談"}, {"id": folder, "name": folder}]
    files = export(
        **{
            "channels.json": listed,
            "groups.json": listed[1:],
            "dms.json": b"not even JSON",
            "mpims.json": b"not even JSON",
            f"{folder}/2026-04-03.json": b"not even JSON",
        }
    )
    report = imported(database, written(tmp_path, files), ImportOptions(private_channels=frozenset({folder})))
    assert report.problems == ()
    assert sum(report.unread.values()) == 1
    assert report.messages == 2


def test_folders_of_no_listed_channel_are_named_and_not_read(database: Database, tmp_path: Path) -> None:
    files = export(
        **{
            "謎/2026-04-03.json": PRIVATE_WORDS,
            "謎/2026-04-04.json": PRIVATE_WORDS,
            "teams/A/general/2026-04-03.json": PRIVATE_WORDS,
            "FC:F0ABCDEF:覚え書き/2026-04-03.json": PRIVATE_WORDS,
            "canvases/F0ABCDEF.json": {},
            "何でも相談/canvas_in_the_conversation.json": {},
            "何でも相談/attachments/2026-04-03.json": PRIVATE_WORDS,
        }
    )
    report = imported(database, written(tmp_path, files))
    assert [problem.facts for problem in report.problems] == [{"file": "teams", "count": 1}, {"file": "謎", "count": 2}]
    assert kinds(report.problems) == [UnlistedChannelError] * 2
    assert report.unread == {"canvas": 1, "other_file": 3, "unlisted": 3}
    assert report.messages == 2


def test_lists_of_odd_entries_are_read_as_far_as_they_go(database: Database, tmp_path: Path) -> None:
    channels = [None, {"id": "C" * 500}, {"id": 5}, {"id": HELP, "name": "何でも相談", "members": "U1"}]
    users = ["x", {"id": "U1"}, {"id": "U2", "profile": [], "team_id": 7, "real_name": {}}]
    report = imported(database, written(tmp_path, export(**{"channels.json": channels, "users.json": users})))
    assert [(problem.facts["file"], problem.facts["count"]) for problem in report.problems] == [
        ("users.json", 1),
        ("channels.json", 3),
    ]
    assert (report.members, report.channels, report.messages) == (2, 1, 2)


def test_what_is_no_export_is_said_so(database: Database, tmp_path: Path) -> None:
    with pytest.raises(NotAnExportError, match="photos"):
        imported(database, written(tmp_path / "photos", {"a.json": []}))


def test_a_hostile_zip_is_read_without_its_hostile_part(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as made:
        for name, value in {**export(), "../何でも相談/2026-04-03.json": PRIVATE_WORDS}.items():
            made.writestr(name, json.dumps(value))
    report = imported(database, path)
    assert kinds(report.problems) == [EscapingPathError]
    assert report.messages == 2


def test_a_message_told_twice_is_kept_once(database: Database, tmp_path: Path) -> None:
    twice = [said(stamp(1), "前"), said(stamp(1), "後", subtype="thread_broadcast", thread_ts=stamp(1, 9))]
    report = imported(database, written(tmp_path, export(**{"何でも相談/2026-04-01.json": twice})))
    assert (report.new, report.skipped) == (2, {"repeated": 1})
    with corpus_of(database) as corpus:
        assert corpus.counts()["messages"] == 2


def test_an_import_that_is_cut_off_keeps_what_it_read_and_goes_on(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_export, "BATCH", 1)
    path = written(tmp_path, export())

    def cut_off(done: int, total: int) -> None:
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_slack(path, database, NOW, progress=cut_off)
    with corpus_of(database) as corpus:
        assert corpus.counts()["messages"] == 2
    assert imported(database, path).known == 2


def test_a_channel_without_messages_is_known_all_the_same(database: Database, tmp_path: Path) -> None:
    channels = [{"id": HELP, "name": "何でも相談"}, {"id": "C0NEW", "name": "新設", "is_archived": True}]
    imported(database, written(tmp_path, export(**{"channels.json": channels})))
    with corpus_of(database) as corpus:
        assert [(channel.name, channel.archived) for channel in corpus.channels()] == [
            ("何でも相談", False),
            ("新設", True),
        ]


# Genuine exports, and the sample


def entries_in(path: Path) -> list[dict[str, Any]]:
    """Every entry of every day file of a zip, read plainly."""
    with zipfile.ZipFile(path) as zipped:
        days = [name for name in zipped.namelist() if name.count("/") == 1 and name.endswith(".json")]
        return [entry for name in days for entry in json.loads(zipped.read(name))]


@genuine
@pytest.mark.parametrize("name", sorted(path.name for path in GENUINE.glob("*.zip")))
def test_no_message_of_a_genuine_export_is_lost(database: Database, name: str) -> None:
    report = imported(database, GENUINE / name)
    entries = entries_in(GENUINE / name)
    assert report.problems == ()
    assert report.messages + sum(report.skipped.values()) == len(entries)
    with corpus_of(database) as corpus:
        assert corpus.counts()["messages"] == report.messages
    stored = rows(database, "SELECT message_id FROM messages")
    assert len(set(stored)) == len(stored) == report.messages
    assert {message_id for (message_id,) in stored} <= {entry["ts"] for entry in entries}


@genuine
def test_two_consecutive_genuine_exports_make_one_record(database: Database) -> None:
    first, second = sorted(GENUINE.glob("export-20*.zip"))
    before, after = imported(database, first), imported(database, second)
    assert before.workspace_id == after.workspace_id == "slack:T06V8J4SU"
    with corpus_of(database) as corpus:
        named = {channel.id: channel.name for channel in corpus.channels(before.workspace_id)}
        assert corpus.counts()["messages"] == before.messages + after.new
    assert "scribble-math" in named.values()
    assert "math-scribble" not in named.values()
    stamps = {entry["ts"] for path in (first, second) for entry in entries_in(path) if kept_entry(entry)}
    assert before.messages + after.new == len(stamps)
    again = imported(database, first)
    assert (again.new, again.changed) == (0, 0)
    with corpus_of(database) as corpus:
        assert {channel.id: channel.name for channel in corpus.channels(before.workspace_id)} == named


def kept_entry(entry: Mapping[str, Any]) -> bool:
    return entry.get("subtype") in {None, "thread_broadcast", "file_share", "bot_message", "me_message"}


def test_an_integration_that_is_no_member_is_known_by_the_name_in_its_posts(database: Database, tmp_path: Path) -> None:
    feed = said(stamp(3), "新着のお知らせです", user="", subtype="bot_message", bot_id="B0FEED", username="新着ボット")
    imported(database, written(tmp_path / "export", export(**{"何でも相談/2026-04-03.json": [feed]})))
    with corpus_of(database) as corpus:
        met = corpus.member(WORKSPACE, "B0FEED")
    assert met is not None
    assert (met.display_name, met.bot, met.municipality) == ("新着ボット", True, None)


@genuine
def test_broadcasts_and_edits_of_a_genuine_export_are_kept(database: Database) -> None:
    imported(database, min(GENUINE.glob("export-20*.zip")))
    # Their threads' roots were taken out of these exports, so they are looked for in the tables.
    assert rows(database, "SELECT count(*) FROM messages WHERE kind = 'broadcast'") == [(2,)]
    ((edited,),) = rows(database, "SELECT count(*) FROM messages WHERE edited_at IS NOT NULL")
    assert edited == sum("edited" in entry for entry in entries_in(min(GENUINE.glob("export-20*.zip"))))
    assert edited > 0


@genuine
def test_bots_of_a_genuine_export_are_no_people_and_their_attachments_are_read(database: Database) -> None:
    imported(database, GENUINE / "slack-export-viewer-testarchive.zip")
    bots = [message for message in messages_of(threads_of(database)) if not message.by_person]
    assert len(bots) >= 94
    assert sum(bool(message.text) for message in bots) > len(bots) * 0.9


def test_the_sample_community_is_read_whole(database: Database) -> None:
    report = imported(database, SAMPLE)
    assert report.problems == ()
    assert len(threads_of(database)) == report.threads >= 300


# The synthetic export


def test_the_synthetic_export_is_read_whole_and_alike_for_one_seed(database: Database, tmp_path: Path) -> None:
    made = write_export(tmp_path / "a.zip", threads=120, seed=7, members=50)
    again = write_export(tmp_path / "b", threads=120, seed=7, members=50)
    assert (made.messages, made.day_files) == (again.messages, again.day_files)
    report = imported(database, made.path)
    assert (report.threads, report.problems) == (120, ())
    assert report.messages + sum(report.skipped.values()) == made.messages
    assert imported(database, again.path).known == report.messages
    resolved = [thread for thread in threads_of(database) if thread.resolved]
    assert len(resolved) > 20
    assert {thread.resolution.by for thread in resolved if thread.resolution} >= {ResolvedBy.REACTION}


@pytest.mark.slow
def test_the_import_bench_measures_two_sizes_on_both_platforms() -> None:
    small, large = bench_import(threads=40, runs=1)
    assert small["slack"].messages == small["mattermost"].messages < large["slack"].messages
    for measured in (small, large):
        assert isinstance(measured["slack"], ImportMeasure)
        assert ratio(measured) > 0
        assert all(one.peak_mb > 0 and one.messages_per_second > 0 for one in measured.values())
