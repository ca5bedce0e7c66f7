"""Matching over many texts at once gives what reading them word by word gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.retrievers.matching import AskedWords, distinct, share, soft, sums
from indexer.retrievers.texts import Joined, Texts, roomy

SIZE = 30  # words; the last number stands for unknown ones
TEXTS = st.lists(st.sets(st.integers(0, SIZE - 2), max_size=8), min_size=1, max_size=12)
ASKED = st.lists(st.integers(0, SIZE - 1), unique=True, max_size=10)


def joined(texts: list[set[int]]) -> Joined:
    words = [number for text in texts for number in sorted(text)]
    return Joined(np.array(words, np.int32), np.array([len(text) for text in texts], np.int32))


def values(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).random(shape, np.float32) + np.float32(0.1)


@settings(deadline=None)
@given(TEXTS, ASKED, st.integers(0, 10))
def test_shares_are_those_of_reading_word_by_word(texts: list[set[int]], asked: list[int], own: int) -> None:
    own = min(own, len(asked))
    weights, idf = values(1, len(asked)), values(2, SIZE)
    numbers = np.array(asked, np.int32)
    words = AskedWords.of(numbers[:own], numbers[own:], weights, SIZE)
    found = share(words.present(joined(texts)), words.weights * idf[words.numbers][:, None])
    for reading, known in enumerate((asked[:own], asked)):
        total = max(sum(weights[asked.index(word)] * idf[word] for word in known), 1e-6)
        for place, text in enumerate(texts):
            met = sum(weights[asked.index(word)] * idf[word] for word in known if word in text)
            assert found[reading, place] == pytest.approx(met / total, abs=1e-5)


@settings(deadline=None)
@given(TEXTS, st.integers(1, 6))
def test_soft_matches_are_those_of_comparing_each_pair(texts: list[set[int]], asked: int) -> None:
    table, vectors = values(3, SIZE, 4) - 0.5, values(4, asked, 4) - 0.5
    rarity, weights = values(5, SIZE), values(6, asked)
    found = soft((vectors, weights), joined(texts), (table, rarity))
    for place, text in enumerate(texts):
        near = {word: [min(max(float(table[word] @ one), 0), 1) for one in vectors] for word in text}
        covered = sum(weights[at] * max((near[word][at] for word in text), default=0) for at in range(asked))
        told = sum(rarity[word] * max(near[word]) for word in text) / max(sum(rarity[word] for word in text), 1e-6)
        assert found.cover[place] == pytest.approx(covered / weights.sum(), abs=1e-4)
        assert found.told[place] == pytest.approx(told, abs=1e-4)


@given(TEXTS)
def test_sums_and_distinct_words(texts: list[set[int]]) -> None:
    one, idf = joined(texts), values(7, SIZE)
    assert sums(one, idf).tolist() == pytest.approx([sum(idf[word] for word in text) for text in texts], abs=1e-4)
    words, places = distinct(one.words, SIZE)
    expected, inverse = np.unique(one.words, return_inverse=True)
    assert (words.tolist(), places.tolist()) == (expected.tolist(), inverse.tolist())


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 20), st.none() | st.sets(st.integers(0, 9), max_size=700)), max_size=40))
def test_texts_keep_what_was_put_last(changes: list[tuple[int, set[int] | None]]) -> None:
    kept, expected = Texts(), dict[int, list[int]]()
    for number, words in changes:
        if expected.pop(number, None) is not None:
            kept.remove(number)
        if words is not None:
            expected[number] = sorted(words)
            kept.put(number, np.array(expected[number], np.int32))
    ids = np.arange(25)
    found = kept.joined(ids)
    assert found.lengths.tolist() == [len(expected.get(number, [])) for number in ids.tolist()]
    assert found.words.tolist() == [word for number in ids.tolist() for word in expected.get(number, [])]
    assert [kept.of(number).tolist() for number in expected] == list(expected.values())
    again = Texts.filled(ids, found)
    assert again.joined(ids[::-1]).words.tolist() == kept.joined(ids[::-1]).words.tolist()


def test_gaps_of_removed_texts_are_closed() -> None:
    kept = Texts()
    words = np.arange(1000, dtype=np.int32)
    kept.put(1, words[:10])
    for _ in range(50):
        kept.put(2, words)
        kept.remove(2)
    assert len(kept._words) < 10_000
    assert kept.of(1).tolist() == words[:10].tolist()


def test_columns_grow_with_zeros() -> None:
    column = np.ones((2, 3), np.float16)
    assert roomy(column, 2) is column
    assert roomy(column, 5).tolist() == [[1] * 3] * 2 + [[0] * 3] * 8
