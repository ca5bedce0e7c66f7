"""The page of figures: only what was measured is rewritten, and the words around it stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.errors import BadInputError
from indexer.evaluation.ablation import VARIANTS, WHOLE, Outcome, Variant
from indexer.evaluation.metrics import Bin, RankingQuality
from indexer.evaluation.retrieval import FaqRanking, FaqTelling, Figures, SampleFigures
from indexer.evaluation.retrieval_page import PICTURE, ablations, publish, reach, rewrite
from indexer.evaluation.sample import SampleQuality
from indexer.evaluation.speaking import AtThreshold, Calibration
from indexer.ranking import Confidence
from indexer.ranking.ranker import WEIGHTS

PARTS = ("reach", "reliability", "thresholds", "faq-thresholds", "ablations")
PAGE = "".join(f"Words on {name}.\n<!-- {name} -->\nbefore: {name}\n<!-- /{name} -->\n" for name in PARTS)
BINS = Calibration([Bin(22, 0.2, 0.1), Bin(22, 0.7, 0.8)], 0.1)
SAMPLE = SampleFigures(
    SampleQuality(220, 155, 0.606, 0.735, 0.64, 0.75, 0.185, 0.065),
    BINS,
    [AtThreshold(0.65, 46, 0.78, 0.85, 5)],
    Confidence.load(),
)
RANKED = RankingQuality(0.6301, 0.7648, 0.6593, 0.5604, 0.717, 364)
WITH_FAQ = Figures(
    SAMPLE,
    FaqRanking(RANKED, [RANKED, RANKED], BINS, BINS),
    FaqTelling(0.754, 0.034, 123, 91, BINS, [AtThreshold(0.7, 60, 0.81, 0.9, 12)], 0.856, 0.967, 215),
)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "retrieval.md"
    path.write_text(PAGE, encoding="utf-8")
    return path


def test_everything_is_rewritten_where_the_faq_is_there(page: Path) -> None:
    publish(page, WITH_FAQ, [Outcome(WHOLE, [0.6], [0.7], [1.0], [1.0])])
    text = page.read_text(encoding="utf-8")
    assert "before: " not in text
    assert text.count("Words on") == len(PARTS)
    assert "| ≥ .570 | .630 |" in text
    assert ".754 ± .034" in text
    assert "| 0.65 | 46 | .780 | .850 | 5 |" in text
    assert "of the 91 without a match" in text
    assert "| 0.70 | 60 | .810 | .900 | 12 |" in text
    assert page.with_name(PICTURE).read_bytes().startswith(b"\x89PNG")


def test_without_the_faq_what_rests_on_it_stays(page: Path) -> None:
    tables = publish(page, Figures(SAMPLE), [])
    text = page.read_text(encoding="utf-8")
    assert "before: reach" in text
    assert "before: ablations" in text
    assert "before: thresholds" not in text
    assert "before: faq-thresholds" in text
    assert "(needs the FAQ)" in tables[0]
    assert not page.with_name(PICTURE).exists()


def test_writing_twice_gives_the_same_page(page: Path) -> None:
    publish(page, WITH_FAQ, [])
    once = page.read_text(encoding="utf-8")
    publish(page, WITH_FAQ, [])
    assert page.read_text(encoding="utf-8") == once


def test_a_page_without_the_mark_is_refused() -> None:
    with pytest.raises(BadInputError, match="nowhere"):
        rewrite(PAGE, {"nowhere": "table"})


def test_ablations_tell_the_difference_and_its_error() -> None:
    lost = Outcome(Variant("x", "without x"), [0.5, 0.4, 0.2], [1.0, 1.0, 1.0], [], [])
    text = ablations([Outcome(WHOLE, [0.6, 0.6, 0.3], [1.0, 1.0, 1.0], [1.0], [1.0]), lost])
    assert "-.133 ± .02" in text
    assert "| 1.000 | – | – |\n\nNot measured in this run: words in Sudachi's mode B;" in text


def test_every_variant_has_a_name_of_its_own_and_takes_out_what_there_is() -> None:
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS)
    assert len({(variant.making, variant.glossary, variant.collapse, variant.without) for variant in VARIANTS}) >= 25
    for variant in VARIANTS:
        assert set(variant.without) <= set(WEIGHTS)


def test_reach_names_every_measure_of_the_issue() -> None:
    assert len(reach(WITH_FAQ).splitlines()) == 2 + 7
