"""Neural models as users have them: prompts, long texts, backends, and what is said when one cannot be had.

The model is a transformer of two layers with random weights, made here: none can be downloaded in a test.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from builders import NOON, WORKSPACE, channel, message
from typer.testing import CliRunner

from indexer import bootstrap
from indexer.config import Settings
from indexer.corpus import Corpus
from indexer.encoders import Models, Running, SentenceTransformerEncoder
from indexer.encoders.sentence_transformer import FAMILIES, MOST_TOKENS
from indexer.errors import EncoderUnavailableError, EncoderUnreachableError
from indexer.model import Mark, MarkKind, Query, Workspace


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


def test_a_long_text_is_cut_to_the_tokens_that_count(tiny_transformer: Path) -> None:
    encoder = SentenceTransformerEncoder(str(tiny_transformer))
    once = "避難所の受付 " * 400
    assert encoder.encode_passages([once]) == pytest.approx(
        encoder.encode_passages([once + "証明書" * 9_000]), abs=1e-5
    )
    assert encoder._model.max_seq_length <= MOST_TOKENS


def test_batches_change_nothing(tiny_transformer: Path) -> None:
    texts = ["避難所", "証明書が出ません", "受付", "コンビニ交付の受付"]
    one = SentenceTransformerEncoder(str(tiny_transformer), Running(batch=1)).encode_queries(texts)
    assert one == pytest.approx(SentenceTransformerEncoder(str(tiny_transformer)).encode_queries(texts), abs=1e-5)


def test_from_record_to_hits_with_a_configured_model(tiny_transformer: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, encoder=str(tiny_transformer), encoder_batch=2)
    with bootstrap.database(settings) as database:
        with database.begin() as connection:
            corpus = Corpus(connection)
            corpus.record_workspace(Workspace(WORKSPACE, "test"))
            corpus.record_channels([channel()], NOON)
            for number, text in (("10", "避難所の受付をどうしていますか"), ("20", "コンビニ交付で証明書が出ません")):
                answer = str(int(number) + 1)
                corpus.record([message(number, text), message(answer, "受付で出ました", root=number)], NOON)
                corpus.mark(message(number, text).ref, Mark(MarkKind.RESOLVED, "U1", NOON, answer))
        done = bootstrap.build(settings, database).builder.index()
        assert done.encoder.startswith("model@")
        search = bootstrap.open_search(settings, database)
        assert next(hit.thread.ref.message_id for hit in search.similar(Query("証明書が出ません"))) == "20"


def test_the_command_line_says_what_is_wrong_with_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from indexer.cli import app

    monkeypatch.setenv("KYOSO_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("KYOSO_ENCODER", str(tmp_path / "nowhere"))
    done = CliRunner().invoke(app, ["index"])
    assert isinstance(done.exception, EncoderUnavailableError)
    assert "nowhere" in done.exception.text("ja")


def test_a_model_that_would_have_to_be_fetched_where_nothing_answers_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_given: object, **_more: object) -> None:
        raise httpx.ConnectError("no route")

    monkeypatch.setattr(httpx, "head", silent)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with pytest.raises(EncoderUnreachableError) as caught:
        SentenceTransformerEncoder("cl-nagoya/no-such-model-here")
    assert "KYOSO_ENCODER" in caught.value.text("ja")


def missing(*names: str) -> bool:
    """Whether any of these modules is not installed."""
    try:
        return any(importlib.util.find_spec(name) is None for name in names)
    except ModuleNotFoundError:
        return True


@pytest.mark.skipif(not missing("optimum.onnxruntime"), reason="optimum is installed here")
def test_a_backend_that_is_not_installed_is_said(tiny_transformer: Path) -> None:
    with pytest.raises(EncoderUnavailableError) as caught:
        SentenceTransformerEncoder(str(tiny_transformer), Running("onnx"))
    assert "onnx" in caught.value.text("ja")


@pytest.mark.skipif(
    missing("optimum.onnxruntime", "onnxruntime"),
    reason="optimum-onnx needs transformers < 4.58: pip install kyoso[onnx]",
)
def test_onnx_gives_the_same_vectors_and_int8_nearly_so(tiny_transformer: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer, export_dynamic_quantized_onnx_model

    folder = shutil.copytree(tiny_transformer, tmp_path / "model")
    exported = SentenceTransformer(str(folder), device="cpu", backend="onnx")
    exported.save_pretrained(str(folder), create_model_card=False)
    export_dynamic_quantized_onnx_model(exported, "avx2", str(folder))
    texts = ["避難所の受付", "コンビニ交付で証明書が出ません"]
    plain = SentenceTransformerEncoder(str(folder))
    onnx = SentenceTransformerEncoder(str(folder), Running("onnx", "onnx/model.onnx"))
    assert onnx.encode_passages(texts) == pytest.approx(plain.encode_passages(texts), abs=1e-4)
    file = next(path.relative_to(folder).as_posix() for path in folder.rglob("*int8*.onnx"))
    small = SentenceTransformerEncoder(str(folder), Running("onnx", file))
    near = (small.encode_passages(texts) * plain.encode_passages(texts)).sum(axis=1)
    assert near.min() > 0.95
    assert len({plain.fingerprint, onnx.fingerprint, small.fingerprint}) == 3
