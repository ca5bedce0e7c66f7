"""Encoders: the community's own, any sentence-transformers folder, and what training gains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from indexer.encoders import CommunityEncoder, Models
from indexer.encoders.training import FEWEST_PAIRS, Pair, train, untrained
from indexer.errors import TooFewPairsError
from indexer.text import words

MATTERS = ("証明書", "電子決裁", "避難所", "学校端末", "公共施設予約", "戸籍", "回線", "議事録", "保育所", "税務")
ANSWERS = ("サーバ", "区分", "受付", "調達", "料金", "振り仮名", "帯域", "要約", "選考", "課税")
WHEN = ("今週", "来週", "今月", "来月", "昨日", "明日", "今日")
WHAT = ("確認", "変更", "更新", "追加", "削減", "統一", "検討")


def pairs(count: int) -> list[Pair]:
    """Questions whose answers share no word with them, so that only training can join the two."""
    made = []
    for number in range(count):
        matter, place = divmod(number, 7)[0] % len(MATTERS), number % 7
        made.append(
            Pair(
                f"{MATTERS[matter]}について{WHEN[place]}困っています",
                f"{ANSWERS[matter]}を{WHAT[place]}してください",
            )
        )
    return made


def test_the_community_encoder_is_what_the_library_computes(tmp_path: Path) -> None:
    encoder = untrained(pairs(30)).encoder
    encoder.save(tmp_path / "model")
    from sentence_transformers import SentenceTransformer

    text = "証明書について今週困っています"
    units = " ".join(words(text).units)
    library = SentenceTransformer(str(tmp_path / "model"), device="cpu").encode([units], normalize_embeddings=True)
    assert encoder.encode_queries([text]) == pytest.approx(library, abs=1e-5)
    again = CommunityEncoder.load(tmp_path / "model")
    assert again.fingerprint == encoder.fingerprint
    assert (again.encode_passages([text, ""]) == encoder.encode_passages([text, ""])).all()
    assert not encoder.encode_queries(["ζ", "😀", ""]).any()


def test_training_joins_questions_to_answers() -> None:
    trained = train(pairs(140), seed=1)
    report = trained.report
    assert report.kept
    assert report.before is not None
    assert report.after is not None
    assert report.after.mrr > report.before.mrr
    vectors: Any = trained.encoder.encode_queries(["避難所", "受付", "課税"])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_training_is_decided_by_its_seed() -> None:
    first, second = train(pairs(120), seed=3), train(pairs(120), seed=3)
    assert first.encoder.fingerprint == second.encoder.fingerprint
    assert train(pairs(120), seed=4).encoder.fingerprint != first.encoder.fingerprint


def test_too_few_pairs_are_said() -> None:
    with pytest.raises(TooFewPairsError):
        train([*pairs(FEWEST_PAIRS - 1), Pair("答えのない質問です", "")])


@pytest.mark.parametrize("given", [[], [Pair("", "")], [Pair("証明書", "")], pairs(150)])
def test_an_encoder_can_be_had_from_any_corpus(given: list[Pair]) -> None:
    encoder = untrained(given).encoder
    assert encoder.encode_queries(["証明書"]).shape == (1, encoder.dimension)


def test_models_are_kept_and_put_to_use(tmp_path: Path) -> None:
    models = Models(tmp_path / "models")
    assert models.open("community") is None
    made = [models.keep(untrained(pairs(count))) for count in (3, 20, 40)]
    opened = models.open("community")
    assert opened is not None
    assert opened.fingerprint == made[-1].fingerprint
    kept = {path.name for path in (tmp_path / "models").glob("community-*")}
    assert kept == {made[-1].fingerprint, made[-2].fingerprint}
