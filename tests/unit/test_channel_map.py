"""The channel map: what ships is sound, and every mistake names its line and key."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import pytest

from indexer.channel_map import (
    Bar,
    Care,
    Edition,
    Kind,
    Policy,
    Recognition,
    Thresholds,
    Tier,
    WorkingHours,
    WorkingSpan,
)
from indexer.channel_map_file import SHIPPED_MAP, load
from indexer.errors import BadChannelMapError, NoSuchFileError
from indexer.model import Audience, Channel, Visibility
from indexer.municipalities import shipped

HEAD = "version: 1\nchannels:\n"


def test_the_shipped_map_serves_such_a_community() -> None:
    channel_map = load(SHIPPED_MAP)
    prefectures = channel_map.of_kind(Kind.PREFECTURE)
    assert {entry.prefecture for entry in prefectures} == {place.prefecture for place in shipped()}
    assert len(prefectures) == 47
    topics = channel_map.of_kind(Kind.TOPIC)
    assert len(topics) >= 30
    assert all(len(entry.keywords) >= 5 for entry in topics)
    assert channel_map.policy("何でも相談") is Policy.THREAD
    assert channel_map.policy("雑談") is Policy.OFF
    assert channel_map.policy("知らないチャンネル") is Policy.OFF


def test_working_time_and_the_steps_of_care_are_read(tmp_path: Path) -> None:
    file = tmp_path / "channel_map.yaml"
    working = "working_time: {hours: 9:00〜17:00, holidays: none, closed: [8/13, 12/29-1/3]}"
    file.write_text(f"version: 1\n{working}\nunanswered: {{ambassadors: 2時間, digest: 5日}}\nchannels: []", "utf-8")
    read = load(file)
    closed = (((8, 13), (8, 13)), ((12, 29), (1, 3)))
    assert read.working_hours == WorkingHours(time(9), time(17), holidays=False, closed=closed)
    assert (read.care.ambassadors, read.care.wider) == (WorkingSpan(hours=2), WorkingSpan(days=1))
    assert (read.care.digest, read.care.closed) == (WorkingSpan(days=5), timedelta(days=60))
    assert load(SHIPPED_MAP).care == Care()
    assert load(SHIPPED_MAP).working_hours == WorkingHours()


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("- 1", 1, "channel_map"),
        ("version: 1", 1, "channels"),
        ("version: 2\nchannels: []", 1, "version"),
        ("version: 1\nworking_time: {hours: 25:00-26:00}\nchannels: []", 2, "working_time.hours"),
        ("version: 1\nworking_time: {hours: 17:15-8:30}\nchannels: []", 2, "working_time.hours"),
        ("version: 1\nworking_time: {closed: [13/1]}\nchannels: []", 2, "working_time.closed"),
        ("version: 1\nworking_time: {holidays: us}\nchannels: []", 2, "working_time.holidays"),
        ("version: 1\nunanswered: {ambassadors: soon}\nchannels: []", 2, "unanswered.ambassadors"),
        ("version: 1\nunanswered: {closed: 0日}\nchannels: []", 2, "unanswered.closed"),
        (HEAD + "  - {name: 税}", 3, "kind"),
        (HEAD + "  - {name: 税, kind: topik}", 3, "kind"),
        (HEAD + "  - name: 税\n    kind: topic\n    replay: off", 5, "replay"),
        (HEAD + "  - name: 税\n    kind: topic\n    keywords: 課税", 5, "keywords"),
        (HEAD + "  - {name: 税, kind: topic}\n  - {name: 税, kind: topic}", 4, "name"),
        (HEAD + "  - {name: '', kind: topic}", 3, "name"),
        ("confidence: {thread: 2, whisper: 0.1}\n" + HEAD + "  []", 1, "confidence.thread"),
        ("confidence: {thread: 0.2, whisper: 0.4}\n" + HEAD + "  []", 1, "confidence.whisper"),
        ("confidence: {target_precision: 1}\n" + HEAD + "  []", 1, "confidence.target_precision"),
        ("confidence: {target_precision: 0.3}\n" + HEAD + "  []", 1, "confidence.target_precision"),
        ("confidence: {target_precision: high}\n" + HEAD + "  []", 1, "confidence.target_precision"),
        ("confidence:\n  target_precision: .8\n  thread: .7\n" + HEAD + "  []", 2, "whisper"),
        ("confidence: {}\n" + HEAD + "  []", 1, "thread"),
        ("version: 1\nchannels: [", 2, "-"),
        ("poll_answers: 1\n" + HEAD + "  []", 1, "poll_answers"),
        ("poll_answers: many\n" + HEAD + "  []", 1, "poll_answers"),
        ("newcomer_reminder: soon\n" + HEAD + "  []", 1, "newcomer_reminder"),
        (HEAD + "  - {name: 税, kind: topic, digest: mine}", 3, "digest"),
        (HEAD + "  - {name: 税, kind: topic, welcome: thread}", 3, "welcome"),
        (HEAD + "  - {name: 自己紹介, kind: introductions, welcome: loud}", 3, "welcome"),
        (HEAD + "  - {name: 雑談, kind: social, digest: own}", 3, "digest"),
        (
            HEAD + "  - {name: 税, kind: topic, digest: community}\n  - {name: 雑談, kind: social, digest: community}",
            4,
            "digest",
        ),
    ],
)
def test_a_mistake_names_its_line_and_key(tmp_path: Path, text: str, line: int, key: str) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadChannelMapError) as caught:
        load(path)
    assert (caught.value.facts["line"], caught.value.facts["key"]) == (line, key)
    assert str(path) in caught.value.text("ja")


def test_digests_polls_and_newcomers(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    head = "poll_answers: 8\nnewcomer_reminder: 7日\n"
    path.write_text(head + HEAD + "  - {name: 税, kind: topic, digest: own}", encoding="utf-8")
    channel_map = load(path)
    assert (channel_map.poll_answers, channel_map.newcomer_reminder) == (8, timedelta(days=7))
    assert channel_map.entries[0].digest is Edition.OWN
    path.write_text(HEAD + "  - {name: 税, kind: topic}", encoding="utf-8")
    channel_map = load(path)
    assert (channel_map.poll_answers, channel_map.newcomer_reminder) == (5, None)
    assert channel_map.entries[0].digest is Edition.OFF
    shipped_map = load(SHIPPED_MAP)
    assert shipped_map.newcomer_reminder is None
    assert [entry.name for entry in shipped_map.of_kind(Kind.PRACTICE)] == ["書き込み練習"]
    assert [entry.name for entry in shipped_map.entries if entry.welcome is Policy.THREAD] == ["自己紹介"]
    path.write_text(HEAD + "  - {name: 自己紹介, kind: introductions, welcome: off}", encoding="utf-8")
    assert load(path).entries[0].welcome is Policy.OFF
    assert [entry.name for entry in load(SHIPPED_MAP).entries if entry.digest is Edition.COMMUNITY] == ["お知らせ"]


@pytest.mark.parametrize(
    ("text", "target", "thread"),
    [
        ("confidence: {thread: 0.7, whisper: 0.4}\n", None, 0.7),
        ("confidence: {thread: 0.7, whisper: 0.4, target_precision: .8}\n", 0.8, 0.7),
        ("confidence: {target_precision: .8}\n", 0.8, Thresholds().thread),
        ("", None, Thresholds().thread),
    ],
)
def test_a_target_precision_stands_alone_or_beside_thresholds(
    tmp_path: Path, text: str, target: float | None, thread: float
) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(text + HEAD + "  []", encoding="utf-8")
    channel_map = load(path)
    assert (channel_map.target_precision, channel_map.thresholds.thread) == (target, thread)


def test_recognition_is_set_bar_by_bar(tmp_path: Path) -> None:
    file = tmp_path / "channel_map.yaml"
    room = "channels:\n  - {name: 雑談, kind: social}"
    file.write_text(
        f"version: 1\nrecognition: {{channel: '#雑談', expert: {{credit: 7.5, months: 5}}}}\n{room}", "utf-8"
    )
    read = load(file).recognition
    assert read.channel == "雑談"
    assert read.bars[Tier.EXPERT] == Bar(7.5, 5, 8, 2)
    assert read.bars[Tier.ADVISOR] == Recognition().bars[Tier.ADVISOR]
    assert load(SHIPPED_MAP).recognition == Recognition()


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("{channel: 知らない部屋}", "recognition.channel"),
        ("{advisor: {credit: たくさん}}", "recognition.advisor.credit"),
        ("{advisor: {months: 2.5}}", "recognition.advisor.months"),
        ("{specialist: {years: 0}}", "recognition.specialist.years"),
        ("{expert: {weeks: 3}}", "weeks"),
        ("{gold: {credit: 1}}", "gold"),
    ],
)
def test_mistakes_in_recognition_are_named(tmp_path: Path, section: str, key: str) -> None:
    file = tmp_path / "channel_map.yaml"
    file.write_text(f"version: 1\nrecognition: {section}\nchannels: []", "utf-8")
    with pytest.raises(BadChannelMapError) as raised:
        load(file)
    assert (raised.value.facts["line"], raised.value.facts["key"]) == (2, key)


def test_a_map_that_is_not_there_or_not_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoSuchFileError):
        load(tmp_path / "none.yaml")
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadChannelMapError):
        load(binary)


def test_joined_workspaces_are_shown_each_others_public_threads(tmp_path: Path) -> None:
    path = tmp_path / "channel_map.yaml"
    path.write_text("version: 1\njoined: [slack:T1, mattermost:kyoso]\nchannels: []\n", encoding="utf-8")
    loaded = load(path)
    reached = loaded.reaching(Audience(frozenset({"slack:T1"})))
    public, private = (
        Channel("mattermost:kyoso", "c1", "税"),
        Channel("mattermost:kyoso", "c2", "県", Visibility.PRIVATE),
    )
    assert (reached.may_open(public), reached.may_open(private)) == (True, False)
    assert not reached.may_open(Channel("console:sample", "c1", "税"))
    apart = Audience(frozenset({"console:sample"}))
    assert loaded.reaching(apart) == apart
    guest = loaded.reaching(Audience(frozenset({"slack:T1"}), public=False))
    assert not guest.may_open(public)
