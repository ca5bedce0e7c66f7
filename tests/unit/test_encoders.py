"""Encoders: the community's own, any sentence-transformers folder, and what training gains."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer.encoders import CommunityEncoder, Models, SentenceTransformerEncoder
from indexer.encoders.sentence_transformer import FAMILIES
from indexer.encoders.training import FEWEST_PAIRS, Pair, train, untrained
from indexer.errors import EncoderUnavailableError, TooFewPairsError
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


@pytest.fixture(scope="module")
def tiny_transformer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A transformer of two layers with random weights, saved as a model folder."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import AutoTokenizer, BertConfig, BertModel

    folder = tmp_path_factory.mktemp("tiny")
    signs = sorted(set("コンビニ交付で証明書が出ません避難所の受付queryasg: "))
    (folder / "vocab.txt").write_text(
        "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *signs, *(f"##{s}" for s in signs)]), encoding="utf-8"
    )
    (folder / "config.json").write_text('{"model_type": "bert"}')
    tokenizer: Any = AutoTokenizer.from_pretrained(str(folder))
    torch.manual_seed(1)
    model: Any = BertModel(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
        )
    )
    model.save_pretrained(folder / "bert")
    tokenizer.save_pretrained(folder / "bert")
    transformer = Transformer(str(folder / "bert"))
    saved = folder / "model"
    SentenceTransformer(modules=[transformer, Pooling(32)], device="cpu").save(str(saved), create_model_card=False)
    return saved


def test_a_configured_folder_encodes(tiny_transformer: Path) -> None:
    encoder = SentenceTransformerEncoder(str(tiny_transformer))
    found = encoder.encode_queries(["コンビニ交付で証明書が出ません", "", "避難所の受付"])
    assert (found.shape, encoder.dimension) == ((3, 32), 32)
    assert found.dtype == np.float32
    assert np.linalg.norm(found, axis=1) == pytest.approx([1, 0, 1], abs=1e-5)
    assert Models(tiny_transformer.parent).open(str(tiny_transformer)) is not None


def test_a_folder_with_other_weights_has_another_fingerprint(tiny_transformer: Path, tmp_path: Path) -> None:
    import shutil

    copy = shutil.copytree(tiny_transformer, tmp_path / tiny_transformer.name)
    before = SentenceTransformerEncoder(str(copy)).fingerprint
    assert before == SentenceTransformerEncoder(str(tiny_transformer)).fingerprint
    (copy / "note.txt").write_text("changed")
    assert SentenceTransformerEncoder(str(copy)).fingerprint != before


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("intfloat/multilingual-e5-small", "query: "),
        ("intfloat/multilingual-e5-large-instruct", ""),
        ("cl-nagoya/ruri-v3-130m", "検索クエリ: "),
        ("cl-nagoya/ruri-small-v2", "クエリ: "),
        ("cl-nagoya/ruri-base", "クエリ: "),
        ("sentence-transformers/labse", ""),
    ],
)
def test_families_have_their_prompts(name: str, query: str) -> None:
    assert next((prompts.query for pattern, prompts in FAMILIES if pattern.search(name)), "") == query


def test_prompts_are_put_before_questions_and_passages(tiny_transformer: Path, tmp_path: Path) -> None:
    import shutil

    copy = shutil.copytree(tiny_transformer, tmp_path / "tiny-e5-small")
    settings = json.loads((copy / "config_sentence_transformers.json").read_text())
    settings["prompts"] = {}
    (copy / "config_sentence_transformers.json").write_text(json.dumps(settings))
    prompted, plain = SentenceTransformerEncoder(str(copy)), SentenceTransformerEncoder(str(tiny_transformer))
    asked = prompted.encode_queries(["避難所"])
    assert asked == pytest.approx(plain.encode_queries(["query: 避難所"]), abs=1e-5)
    assert prompted.encode_passages(["避難所"]) == pytest.approx(plain.encode_queries(["passage: 避難所"]), abs=1e-5)


@pytest.mark.parametrize("name", ["no/such-folder/anywhere", ""])
def test_a_model_that_cannot_be_loaded_is_said(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EncoderUnavailableError):
        SentenceTransformerEncoder(name or str(tmp_path))


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
