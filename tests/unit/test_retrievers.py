"""Retrievers: adds, edits and deletions show at once, and what is saved is loaded back."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import faiss
import numpy as np
import pytest

from indexer.model import EVERYBODY, Audience, Channel, Query, Visibility
from indexer.retrievers import Card, Entry, Probe, ThreadIndex
from indexer.retrievers.base import Allowed
from indexer.text import words

HOME, CLOSED = ("slack:T0TEST", "C0HELP"), ("slack:T0TEST", "C0CLOSED")
CHANNELS = {
    HOME: Channel(*HOME, "何でも相談"),
    CLOSED: Channel(*CLOSED, "運営", Visibility.PRIVATE, members=frozenset({"U1"})),
}
TEXTS = {
    1: ("コンビニ交付で証明書が出ません", "証明書発行サーバを再起動しました"),
    2: ("RPAで自動化できない事務があります", "参照書類を減らしました"),
    3: ("避難所の受付をタブレットで行いたい", ""),
}
HOSTILE = ["AND", '"(', "question:", "\x00", "a b", "*", "^2", "~", "[x TO y]", "x" * 70_000]


def vector(seed: int) -> np.ndarray:
    found = np.random.default_rng(seed).standard_normal(16).astype(np.float32)
    return found / np.float32(np.linalg.norm(found))


def entry(number: int, question: str, answer: str, seed: int | None = None) -> Entry:
    own = number if seed is None else seed
    return Entry(number, words(question), words(answer), words(""), vector(own), vector(own + 100) if answer else None)


def card(number: int, place: tuple[str, str] = HOME, asker: str | None = None, *, resolved: bool = True) -> Card:
    return Card(number, place, asker, datetime(2026, 4, number % 28 + 1, tzinfo=UTC), resolved)


def probe(text: str, seed: int = 0, added: dict[str, float] | None = None) -> Probe:
    found = words(text)
    return Probe(Counter(found.terms), added or {}, Counter(found.characters), vector(seed), vector(seed))


@pytest.fixture
def index(tmp_path: Path) -> ThreadIndex:
    made = ThreadIndex.new(16, tmp_path / "working")
    made.put([entry(number, *text) for number, text in TEXTS.items()], [card(number) for number in TEXTS])
    return made


def test_words_find_question_and_answer(index: ThreadIndex) -> None:
    assert index.lexical.search(probe("コンビニ"), 5).ids.tolist() == [1]
    assert index.lexical.search(probe("参照する書類"), 5).ids[0] == 2


def test_the_nearest_vector_comes_first(index: ThreadIndex) -> None:
    assert index.dense.search(probe("", 3), 5).ids[0] == 3
    question, answer = index.dense.cosines(probe("", 1), np.array([1, 3]))
    assert question.wide[0] == pytest.approx(1.0, abs=1e-3)
    assert answer.plain[0] == pytest.approx(float(vector(1) @ vector(101)), abs=3e-3)
    assert answer.wide[1] == pytest.approx(question.wide[1], abs=3e-3)


def test_an_edit_replaces_and_a_deletion_removes(index: ThreadIndex) -> None:
    index.put([entry(1, "電子決裁の決裁区分について", "", seed=9)], [card(1)])
    assert len(index) == len(index.lexical) == len(index.dense) == len(index.terms) == 3
    assert not len(index.lexical.search(probe("コンビニ"), 5).ids)
    assert index.lexical.search(probe("電子決裁"), 5).ids.tolist() == [1]
    index.remove([1, 99])
    assert len(index) == len(index.lexical) == len(index.dense) == len(index.terms) == 2
    assert 1 not in index.lexical.search(probe("電子決裁"), 5).ids
    assert 1 not in index.dense.search(probe("", 9), 5).ids


def test_putting_a_thread_twice_at_once_keeps_the_last(index: ThreadIndex) -> None:
    index.put([entry(7, "古い", ""), entry(7, "新しい", "")], [card(7), card(7)])
    assert (len(index), len(index.lexical), len(index.dense), len(index.terms)) == (4, 4, 4, 4)


@pytest.mark.parametrize("few", [True, False])
def test_only_allowed_threads_come_up(index: ThreadIndex, few: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not few:
        monkeypatch.setattr("indexer.retrievers.tantivy_lexical.FEW", 0)
    allowed = Allowed(np.array([False, False, True, True]), 2, 3)
    asked = probe("証明書 事務 避難所", 1)
    assert set(index.lexical.search(asked, 5, allowed).ids.tolist()) == {2, 3}
    assert set(index.dense.search(asked, 5, allowed).ids.tolist()) == {2, 3}
    nobody = Allowed(np.zeros(4, np.bool_), 0, 3)
    assert not len(index.lexical.search(asked, 5, nobody).ids)
    assert not len(index.dense.search(asked, 5, nobody).ids)


def test_coverage_weighs_words_by_rarity(index: ThreadIndex) -> None:
    asked = probe("コンビニ交付で証明書が出ません")
    found = index.terms.overlap(asked, np.array([1, 2, 99]))
    assert found.cover_question[0] == pytest.approx(1.0, abs=1e-5)
    assert found.told[0] == pytest.approx(1.0, abs=1e-5)
    assert found.cover_question[1] < 0.2
    assert found.cover_question[2] == found.cover_thread[2] == found.told[2] == 0


def test_what_the_glossary_added_counts_apart(index: ThreadIndex) -> None:
    term = words("タブレット").terms[0]
    found = index.terms.overlap(probe("端末で受付", added={term: 0.5}), np.array([3, 1]))
    assert found.told_wide[0] > found.told[0] > 0
    assert found.told_wide[1] == found.told[1]
    assert index.lexical.search(probe("無い言葉", added={term: 0.5}), 5).ids.tolist() == [3]


def test_words_count_by_the_nearest_one(tmp_path: Path) -> None:
    made = ThreadIndex.new(2, tmp_path / "working")
    asked = words("端末")
    east, north = np.array([[1.0, 0.0]], np.float32), np.array([[0.6, 0.8]], np.float32)
    made.put([Entry(1, words("機器"), words(""), words(""), east[0], None, north)], [card(1)])
    one = Probe(Counter(asked.terms), {}, {}, east[0], east[0], east)
    found = made.terms.overlap(one, np.array([1, 2]))
    assert found.soft_cover.tolist() == pytest.approx([0.6, 0], abs=1e-3)
    assert found.soft_told.tolist() == pytest.approx([0.6, 0], abs=1e-3)


def test_the_rarest_words_are_kept(index: ThreadIndex) -> None:
    kept = index.terms.rarest(dict.fromkeys((*words("証明書 避難所 受付").terms, "無い言葉"), 1.0), 2)
    assert len(kept) == 2
    assert "無い言葉" in kept


def test_what_is_saved_is_loaded_and_stays_as_it_was(index: ThreadIndex, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    index.save(folder)
    first = ThreadIndex.load(folder, tmp_path / "working")
    first.remove([1])
    first.put([entry(8, "学校端末の更新", "")], [card(8)])
    again = ThreadIndex.load(folder, tmp_path / "working")
    assert (len(first), len(again)) == (3, 3)
    assert again.lexical.search(probe("コンビニ"), 5).ids.tolist() == [1]
    assert again.dense.search(probe("", 3), 1).ids[0] == 3
    assert again.terms.overlap(probe("証明書"), np.array([1])).cover_question[0] == pytest.approx(1.0)
    again.catalogue.describe(CHANNELS.values())
    assert again.catalogue.allowed(Query(""), lambda _: frozenset()).ids.tolist() == [1, 2, 3]
    assert not len(again.lexical.search(probe("学校端末"), 5).ids)


def test_an_index_goes_on_after_many_small_changes_and_saves(index: ThreadIndex, tmp_path: Path) -> None:
    for number in range(100, 140):
        index.put([entry(number, f"質問その{number}", "回線の帯域")], [card(number)])
        if number % 8 == 0:
            folder = tmp_path / f"saved-{number}"
            folder.mkdir()
            index.save(folder)
            again = ThreadIndex.load(folder, tmp_path / "working")
            assert len(again.lexical) == len(index)
    assert len(index.lexical.search(probe("回線"), 50).ids) == 40


def test_many_batches_make_one_piece_to_search(index: ThreadIndex) -> None:
    for number in range(100, 130):
        index.put([entry(number, f"質問その{number}", "回線の帯域")], [card(number)])
    assert len(index.lexical.search(probe("回線"), 50).ids) == 30
    assert index.lexical._searcher.num_segments == 1


def test_what_an_audience_may_see_follows_every_change(index: ThreadIndex) -> None:
    def allowed() -> list[int]:
        return [int(number) for number in index.catalogue.allowed(Query(""), lambda _: frozenset()).ids]

    index.catalogue.describe(CHANNELS.values())
    assert allowed() == allowed() == [1, 2, 3]
    index.put([entry(4, "新しい質問", "")], [card(4)])
    assert allowed() == [1, 2, 3, 4]
    index.put([entry(1, *TEXTS[1])], [card(1, resolved=False)])
    index.remove([2])
    assert allowed() == [3, 4]
    index.catalogue.describe([])
    assert allowed() == []


def test_an_empty_index_answers_saves_and_loads(tmp_path: Path) -> None:
    empty = ThreadIndex.new(16, tmp_path / "working")
    folder = tmp_path / "saved"
    folder.mkdir()
    empty.save(folder)
    again = ThreadIndex.load(folder, tmp_path / "working")
    assert not len(again.lexical.search(probe("証明書"), 5).ids)
    assert not len(again.dense.search(probe("証明書"), 5).ids)
    again.put([entry(1, *TEXTS[1])], [card(1)])
    assert again.lexical.search(probe("コンビニ"), 5).ids.tolist() == [1]


@pytest.mark.parametrize("term", HOSTILE)
def test_no_term_is_query_syntax(index: ThreadIndex, term: str) -> None:
    index.lexical.search(Probe({term: 1.0}, {}, {term: 1.0}, vector(0), vector(0)), 5)


def test_working_copies_go_with_their_owner(tmp_path: Path) -> None:
    index = ThreadIndex.new(16, tmp_path / "working")
    assert len(list((tmp_path / "working").iterdir())) == 1
    del index
    assert not list((tmp_path / "working").iterdir())


def test_the_catalogue_filters(index: ThreadIndex) -> None:
    index.catalogue.describe(CHANNELS.values())
    index.catalogue.put(
        [
            card(1, CLOSED),
            card(2, asker="401307"),
            card(3, resolved=False),
            card(4, asker="011002"),
            card(5, ("slack:T0TEST", "C0GONE")),
        ]
    )

    def allowed(query: Query) -> list[int]:
        found = index.catalogue.allowed(query, lambda _: frozenset({11002}))
        return [int(number) for number in found.ids]

    member = Audience(frozenset({HOME[0]}), channels=frozenset({CLOSED}))
    assert allowed(Query("")) == [2, 4]
    assert allowed(Query("", resolved_only=False)) == [2, 3, 4]
    assert allowed(Query("", member)) == [1, 2, 4]
    assert allowed(Query("", Audience(frozenset({"slack:OTHER"})))) == []
    assert allowed(Query("", Audience(public=False, channels=frozenset({CLOSED})))) == [1]
    assert allowed(Query("", EVERYBODY, prefecture="40")) == [2]
    assert allowed(Query("", EVERYBODY, prefecture="010006")) == [4]
    assert allowed(Query("", EVERYBODY, population=(1, 2))) == [4]
    assert allowed(Query("", EVERYBODY, since=datetime(2026, 4, 4, tzinfo=UTC))) == [4]
    assert allowed(Query("", member, channel="#運営")) == [1]
    index.catalogue.remove([2, 4, 5, 77])
    assert allowed(Query("", member)) == [1]


def test_vectors_are_compared_on_the_asking_thread_alone(index: ThreadIndex) -> None:
    with ThreadPoolExecutor(1) as another:
        another.submit(faiss.omp_set_num_threads, 2).result()
        another.submit(index.dense.search, probe("", 3), 5).result()
        assert another.submit(faiss.omp_get_max_threads).result() == 1


def test_many_vectors_are_divided_into_lists_and_found_edited_and_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.retrievers.faiss_dense.EXACT", 1_000)
    made = ThreadIndex.new(16, tmp_path / "working")
    made.dense.put([entry(number, "", "") for number in range(1, 1_501)])
    exact = [made.dense.search(probe("", number), 10).ids.tolist() for number in range(1, 41)]
    made.dense.arrange()
    assert made.dense.lists > 1
    divided = [made.dense.search(probe("", number), 10).ids.tolist() for number in range(1, 41)]
    assert [found[0] for found in divided] == [found[0] for found in exact] == list(range(1, 41))
    made.dense.remove([7])
    made.dense.put([entry(8, "", "", seed=7)])
    folder = tmp_path / "saved"
    folder.mkdir()
    made.save(folder)
    again = ThreadIndex.load(folder, tmp_path / "working")
    for index in (made, again):
        assert index.dense.search(probe("", 7), 1).ids.tolist() == [8]
        mask = np.zeros(1_501, np.bool_)
        mask[[3, 900]] = True
        assert set(index.dense.search(probe("", 7), 5, Allowed(mask, 2, 1_499)).ids.tolist()) == {3, 900}
    monkeypatch.setattr("indexer.retrievers.faiss_dense.EXACT", 2_000)
    again.dense.arrange()
    assert (again.dense.lists, len(again.dense)) == (1, 1_499)
