"""The libraries measured beside this search find what they are given, where they are installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexer.evaluation.alternatives_table import Beside, table
from indexer.evaluation.engines import ENGINES, Asked, Given, installed

TEXTS = ["#12 証明書 交付", "避難 所 受付", "学校 端末 更新", "議事 録 要約"]
VECTORS = np.eye(4, 8, dtype=np.float32)


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_finds_by_words_given_as_they_are(name: str, tmp_path: Path) -> None:
    if not installed(name):
        pytest.skip(f"{name} is not installed: pip install 'kyoso[bench]'")
    engine = ENGINES[name][0]()
    engine.build(Given(TEXTS, VECTORS, tmp_path / "engine"))
    assert engine.search(Asked("#12 交付", VECTORS[0]), 2)[0] == 0
    assert engine.search(Asked("端末 AND title:*", VECTORS[2]), 2)[0] == 2


def test_the_table_leaves_open_what_nothing_tells() -> None:
    text = table(
        [
            Beside("ours", 1786, 9.6, 13.9, 8.0, 7.0, 6.0, 20.0, 700.0, 0.63, 0.765),
            Beside("bm25s", 10_000, 1.0, 2.0, 1.5, 1.4, 1.3, 3.0, 4.0),
        ]
    )
    assert "| 1,786 | ours | .630 | .765 | 9.6 ms | 13.9 ms | 8.0 ms | 7.0 ms | 6.0 ms | 20.0 s | 700 MB |" in text
    assert "| 10,000 | bm25s | – | – |" in text


def test_sizes_measured_before_stay_in_the_table() -> None:
    small = Beside("ours", 1786, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.63, 0.765)
    large = Beside("ours", 10_000, *[2.0] * 7)
    before = table([small, large])
    again = table([Beside("ours", 10_000, *[3.0] * 7), Beside("theirs", 10_000, *[4.0] * 7)], before)
    assert again.splitlines()[:3] == before.splitlines()[:3]
    assert [line.split("|")[1:3] for line in again.splitlines()[3:]] == [
        [" 10,000 ", " ours "],
        [" 10,000 ", " theirs "],
    ]
    assert "2.0 ms" not in again
    assert table([small], "| another | head |\n|---|---|\n| 5 | x |") == table([small])
