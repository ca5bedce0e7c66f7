"""Everyday meanings: threads are near a question that says the same in other words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexer.retrievers import Entry
from indexer.retrievers.meanings import MeaningStore
from indexer.text import words
from indexer.text.meanings import UNKNOWN, Meanings, hashed, shipped_meanings
from indexer.text.tokens import entry_of

NO_VECTOR = np.zeros(4, np.float32)
THREADS = {
    1: ("粗大ごみの収集を申し込むには", "電話で受け付けています"),
    2: ("職員の人事異動で後任に引き継ぐ資料", "一覧表を作りました"),
    3: ("パソコンの入れ替えで設定が終わらない", "マスタを複製します"),
    4: ("保育所の入所選考の点数", "規則の別表によります"),
    5: ("選挙の投票所の受付", "名簿と照合します"),
}


def entry(thread_id: int, question: str, answer: str = "") -> Entry:
    return Entry(thread_id, words(question), words(answer), words(""), NO_VECTOR, None)


def filled() -> MeaningStore:
    store = MeaningStore()
    store.put([entry(number, *texts) for number, texts in THREADS.items()])
    return store


def cosines(store: MeaningStore, text: str) -> dict[int, float]:
    ids = np.array(sorted(THREADS), np.int64)
    return dict(zip(ids.tolist(), store.cosines(words(text).terms, ids)[0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("いらない家具を捨てたい", 1),
        ("転勤する担当の申し送り", 2),
        ("端末の更新作業", 3),
        ("保育園に入れる子の選び方", 4),
    ],
)
def test_a_thread_in_other_words_is_the_nearest(asked: str, meant: int) -> None:
    found = cosines(filled(), asked)
    assert max(found, key=found.__getitem__) == meant


def test_what_is_saved_reads_back_the_same(tmp_path: Path) -> None:
    store = filled()
    store.save(tmp_path)
    again = MeaningStore.load(tmp_path)
    assert len(again) == len(store)
    assert cosines(again, "端末の更新作業") == pytest.approx(cosines(store, "端末の更新作業"), abs=1e-2)


def test_an_empty_store_saves_and_loads(tmp_path: Path) -> None:
    MeaningStore().save(tmp_path)
    assert len(MeaningStore.load(tmp_path)) == 0


def test_an_edited_thread_means_what_it_says_now() -> None:
    store = filled()
    before = cosines(store, "投票所の受付")[3]
    store.put([entry(3, "期日前投票所の受付の人手")])
    assert cosines(store, "投票所の受付")[3] > before + 0.1
    assert len(store) == len(THREADS)


def test_many_edits_take_no_more_places_than_threads_need() -> None:
    store = filled()
    for _ in range(50):
        store.put([entry(1, *THREADS[1])])
    assert len(store._vectors) <= 4 * len(THREADS)
    assert cosines(store, "いらない家具を捨てたい")[1] > 0.3


def test_a_removed_thread_is_forgotten_and_unknown_ids_are_passed_over() -> None:
    store = filled()
    store.remove([1, 99])
    assert len(store) == len(THREADS) - 1
    assert store._frequency.min() >= 0


@pytest.mark.parametrize("text", ["", "🎉🎉", "zzzqqq", "?", "ｱｲｳ" * 400])
def test_a_text_without_known_words_is_near_nothing(text: str) -> None:
    ids = np.array([1, 2], np.int64)
    question, thread = filled().cosines(words(text).terms, ids)
    assert np.isfinite(question).all()
    assert np.isfinite(thread).all()


def test_numbers_and_words_without_a_matter_have_no_meaning() -> None:
    assert entry_of("端末") == "端末"
    assert [entry_of(text) for text in ("為る", "3", "所", "端末更新", "ぐるぐるどかん")] == [None] * 5


def test_words_are_looked_up_by_their_hash() -> None:
    shipped = shipped_meanings()
    assert len(shipped) > 170_000
    known, unknown = shipped.rows(["端末", "そんな言葉は無い"])
    assert known != UNKNOWN
    assert unknown == UNKNOWN
    few = Meanings(np.array([hashed("端末")], np.uint64), np.array([0], np.int32), np.ones((1, 2), np.int8))
    assert few.rows(["端末", "机"]).tolist() == [0, UNKNOWN]
    none = Meanings(np.empty(0, np.uint64), np.empty(0, np.int32), np.ones((1, 2), np.int8))
    assert none.rows(["端末"]).tolist() == [UNKNOWN]
