"""Refitting to labels: what is kept, what is left, what a restart finds, and which thresholds follow."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from builders import NOON, channel, message

from indexer.bootstrap import build, open_search
from indexer.channel_map import ChannelMap, Thresholds
from indexer.config import Settings
from indexer.corpus import Corpus, Database
from indexer.model import Query
from indexer.ranking import SHIPPED_RANKER
from indexer.ranking.precision import FEWEST_OUTCOMES, Why, in_force, threshold_for, wilson
from indexer.resolution import RESOLVING_EMOJI
from indexer.search import Search
from indexer.search.learning import FEWEST, Label, refit, resume
from indexer.search.learnt import FILE, Learnt, Refit
from indexer.search.search import UNITS_FILE

THINGS = [
    "体育館",
    "図書館",
    "保育所",
    "公民館",
    "消防団",
    "斎場",
    "市営住宅",
    "下水道",
    "防災無線",
    "選挙人名簿",
    "給食費",
    "学童",
    "農地台帳",
    "林道",
    "水道料金",
]
ACTS = ["予約", "督促", "名簿", "申請", "委託"]
JARGON = [
    "赤札",
    "青札",
    "黄札",
    "白札",
    "黒札",
    "緑札",
    "紫札",
    "銀札",
    "金札",
    "銅札",
    "茶札",
    "桃札",
    "灰札",
    "藍札",
    "橙札",
]
TOPICS = [(thing, act) for thing in THINGS for act in ACTS]


@pytest.fixture
def options(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def search(database: Database, options: Settings) -> Search:
    with database.begin() as connection:
        corpus = Corpus(connection)
        corpus.record_channels([channel()], NOON)
        for number, (thing, act) in enumerate(TOPICS):
            root, reply = str(2 * number + 1), str(2 * number + 2)
            asked = message(root, f"{thing}の{act}の事務について教えてください")
            answer = message(reply, f"{thing}は{act}の要綱を定めています", root=root, author="U2")
            corpus.record([asked, answer], NOON)
            corpus.react(answer.ref, "white_check_mark", "U1")
    return open_search(options, database)


def thread_ids(search: Search, database: Database) -> dict[tuple[str, str], int]:
    with database.read() as connection:
        corpus = Corpus(connection)
        return {
            topic: corpus.thread_id(message(str(2 * number + 1), "").ref) or 0 for number, topic in enumerate(TOPICS)
        }


def jargon(search: Search, database: Database) -> list[Label]:
    """Questions in words that no thread has: only what people said of like questions can tell the thread."""
    ids = thread_ids(search, database)
    return [
        Label(f"{word}の件は{ending}", {ids[thing, ACTS[0]]: 2})
        for word, thing in zip(JARGON, THINGS, strict=True)
        for ending in ("予約でしたか", "予約の様式ですか", "予約のことです", "予約をどうぞ")
    ]


def contradictory(search: Search, database: Database) -> list[Label]:
    """Two of three are chance: what four fifths of them teach is wrong for the last."""
    ids = list(thread_ids(search, database).values())
    topics = [f"{thing}の{act}の事務を知りたい" for thing, act in TOPICS]
    return [
        Label(text, {ids[(number * 37 + 11) % len(ids)]: 2} if number % 3 else {ids[number]: 2})
        for number, text in enumerate(topics)
    ]


def test_labels_that_tell_more_than_words_are_learnt_and_put_to_use(search: Search, database: Database) -> None:
    found = refit(search, jargon(search, database), NOON)
    assert found.ranking is not None
    assert found.ranking.kept
    assert found.ranking.after > found.ranking.before + 0.1
    hits = search.similar(Query("桃札の件で予約"))
    assert hits[0].thread.id == thread_ids(search, database)[THINGS[JARGON.index("桃札")], ACTS[0]]


def test_what_was_learnt_outlives_the_process(search: Search, database: Database, options: Settings) -> None:
    labels = jargon(search, database)
    found = refit(search, labels, NOON)
    assert search.save()
    assert not search.save()
    again = open_search(options, database)
    assert again.learnt is not None
    assert again.learnt.refit == found
    resume(again, labels)
    text = "桃札の件で予約"
    assert [hit.thread.id for hit in again.similar(Query(text))] == [h.thread.id for h in search.similar(Query(text))]
    assert again.similar(Query(text))[0].confidence == pytest.approx(
        search.similar(Query(text))[0].confidence, abs=1e-5
    )


def test_no_word_of_a_labelled_question_is_kept_on_disk(search: Search, database: Database, options: Settings) -> None:
    refit(search, jargon(search, database), NOON)
    search.save()
    kept = [path.read_bytes() for path in options.index_dir.rglob(FILE)]
    assert kept
    for word in JARGON:
        assert not any(word.encode() in content for content in kept)
        assert not any(json.dumps(word)[1:-1].encode() in content for content in kept)


def test_a_deleted_question_speaks_no_more(search: Search, database: Database) -> None:
    labels = jargon(search, database)
    refit(search, labels, NOON)
    peach = THINGS[JARGON.index("桃札")]
    resume(search, [label for label in labels if not label.text.startswith("桃札")])
    assert all(hit.evidence["labelled_count"] == 0 for hit in search.similar(Query(peach)))


def test_where_held_out_figures_fall_the_old_one_stays(search: Search, database: Database) -> None:
    found = refit(search, contradictory(search, database), NOON)
    assert found.ranking is not None
    assert found.ranking.after < found.ranking.before
    assert not found.ranking.kept
    assert search.learnt is not None
    assert search.learnt.ranker is None
    assert search._ranker is SHIPPED_RANKER


def test_where_held_out_confidence_is_worse_the_old_one_stays(search: Search, database: Database) -> None:
    ids = thread_ids(search, database)
    labels = [Label(f"{thing}の{act}の事務を知りたい", {ids[thing, act]: 2}) for thing, act in TOPICS]
    certain = replace(search.confidence, weight=0.0, bias=30.0)  # nothing of these labels proves it wrong
    search.remember(Learnt(Refit(NOON, 0, 0), SHIPPED_RANKER, certain))
    doubted = [Label(label.text, dict.fromkeys(label.answers, 0)) for label in labels[:1]]
    found = refit(search, [*doubted, *labels[1:]], NOON)
    assert found.calibration is not None
    assert found.calibration.after > found.calibration.before
    assert not found.calibration.kept
    assert search.learnt is not None
    assert search.learnt.confidence is certain
    assert search.confidence.bias == certain.bias


def test_a_good_ranker_survives_a_night_of_bad_labels(search: Search, database: Database) -> None:
    good = jargon(search, database)
    refit(search, good, NOON)
    assert search.learnt is not None
    before = search.learnt.ranker
    assert before is not None
    found = refit(search, contradictory(search, database), NOON + timedelta(days=1))
    assert found.ranking is not None
    assert not found.ranking.kept
    assert search.learnt.ranker is before


def test_too_few_labels_change_nothing_and_are_told(search: Search, database: Database) -> None:
    labels = jargon(search, database)
    few = refit(search, labels[: FEWEST - 1], NOON)
    assert (few.ranking, few.right) == (None, FEWEST - 1)
    assert search._ranker is SHIPPED_RANKER
    refit(search, labels, NOON)
    assert search.learnt is not None
    learnt = search.learnt.ranker
    refit(search, labels[:3], NOON + timedelta(days=1))
    assert search.learnt.ranker is learnt


@pytest.mark.parametrize("labels", [[], [Label("", {1: 2})], [Label("？！", {1: 2})], [Label("体育館", {987654: 1})]])
def test_labels_that_say_nothing_are_passed_over(search: Search, labels: list[Label]) -> None:
    assert refit(search, labels, NOON).right == 0
    assert search.similar(Query("体育館の予約"))


def test_a_question_is_never_its_own_answer(search: Search, database: Database) -> None:
    own = thread_ids(search, database)["体育館", "予約"]
    case = search.case("体育館の予約の事務について教えてください", {}, own)
    assert case is not None
    assert own not in case.ids.tolist()


@pytest.mark.parametrize("kept", [None, "{", '{"question_wide": {"mean": 0.1, "scale": 0.2}}'])
def test_units_that_are_missing_or_of_before_are_measured_at_the_next_indexing(
    database: Database, options: Settings, search: Search, kept: str | None
) -> None:
    for path in options.index_dir.rglob(UNITS_FILE):
        path.unlink() if kept is None else path.write_text(kept, encoding="utf-8")
    assert not open_search(options, database).has_units
    build(options, database).builder.index()
    again = open_search(options, database)
    assert again.has_units
    assert again.confidence.units.far == pytest.approx(search.confidence.units.far, abs=1e-3)


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"layout": 1}', "null"])
def test_a_broken_file_is_not_read_and_nothing_fails(
    search: Search, database: Database, options: Settings, broken: str
) -> None:
    refit(search, jargon(search, database), NOON)
    search.save()
    for path in options.index_dir.rglob(FILE):
        path.write_text(broken, encoding="utf-8")
    again = open_search(options, database)
    assert again.learnt is None
    assert again.similar(Query("体育館の予約"))


def test_what_another_encoder_learnt_is_refused(search: Search, database: Database, options: Settings) -> None:
    refit(search, jargon(search, database), NOON)
    search.save()
    for path in options.index_dir.rglob(FILE):
        facts = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(facts | {"encoder": "another"}), encoding="utf-8")
    assert open_search(options, database).learnt is None
    assert build(options, database).builder.learnt() is None


def test_rebuilding_the_index_keeps_what_was_learnt(search: Search, database: Database, options: Settings) -> None:
    refit(search, jargon(search, database), NOON)
    search.save()
    build(options, database).builder.index(rebuild=True)
    assert open_search(options, database).learnt is not None


def mapped(target: float | None) -> ChannelMap:
    return ChannelMap((), Thresholds(0.65, 0.55), RESOLVING_EMOJI, frozenset(), target_precision=target)


def test_wilson_is_below_the_share_and_rises_with_numbers() -> None:
    assert wilson(8, 10) < wilson(80, 100) < wilson(800, 1000) < 0.8
    assert wilson(0, 5) == pytest.approx(0)
    assert wilson(10, 10) == pytest.approx(0.787, abs=0.001)


def test_without_a_target_the_named_thresholds_are_in_force() -> None:
    assert in_force(mapped(None), [(0.9, True)] * 100).why is Why.EXPLICIT


def test_too_few_outcomes_leave_the_named_thresholds() -> None:
    found = in_force(mapped(0.8), [(0.9, True)] * (FEWEST_OUTCOMES - 1))
    assert (found.thresholds, found.why) == (Thresholds(0.65, 0.55), Why.TOO_FEW)


def test_thresholds_follow_how_often_confidence_was_right() -> None:
    outcomes = [(0.9, True)] * 60 + [(0.7, True)] * 40 + [(0.7, False)] * 30 + [(0.3, False)] * 60
    found = in_force(mapped(0.8), outcomes)
    assert found.why is Why.DERIVED
    assert 0.7 < found.thresholds.thread <= 0.9
    assert 0.3 < found.thresholds.whisper <= 0.7
    stricter = in_force(mapped(0.6), outcomes).thresholds
    assert stricter.thread <= found.thresholds.thread


def test_a_precision_out_of_reach_silences_threads_and_not_whispers() -> None:
    found = in_force(mapped(0.9), [(0.9, number % 2 == 0) for number in range(100)])
    assert found.why is Why.OUT_OF_REACH
    assert found.thresholds.thread > 1
    assert found.thresholds.whisper == 0.55
    assert threshold_for(0.9, []) is None
