"""Any sentence-transformers model, by name or folder, with the prompts its family was trained on."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexer.encoders.base import Vectors, of_length_one
from indexer.errors import EncoderUnavailableError
from indexer.text import normalise

LOG = logging.getLogger(__name__)
BATCH = 32
# Files up to this size are read whole for the fingerprint, of larger ones (weights) the two ends.
READ_WHOLE = 1 << 20


@dataclass(frozen=True, slots=True)
class Prompts:
    """What is put before a question and before a passage."""

    query: str = ""
    passage: str = ""


# From the model cards of intfloat/multilingual-e5-*, cl-nagoya/ruri-v3-* and cl-nagoya/ruri-{small,base,large}(-v2);
# the first pattern that the name contains counts.
FAMILIES = (
    (re.compile(r"(^|[/_-])e5([/_-]|$)(?!.*instruct)"), Prompts("query: ", "passage: ")),
    (re.compile(r"ruri-v3"), Prompts("検索クエリ: ", "検索文書: ")),
    (re.compile(r"ruri-"), Prompts("クエリ: ", "文章: ")),
)


class SentenceTransformerEncoder:
    """A model loaded through sentence-transformers; a folder is read as it is, a name may be fetched by the library."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._model = load_model(name)
        self._prompts = _prompts(name, self._model)
        self.fingerprint = _fingerprint(name, self._model)
        self.dimension = int(self._model.get_embedding_dimension() or 0)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The vectors of questions."""
        return self._encode(self._prompts.query, texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """The vectors of what is searched; all zero for an empty text."""
        return self._encode(self._prompts.passage, texts)

    def _encode(self, prompt: str, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        plain = {at: text for at, given in enumerate(texts) if (text := normalise(given))}
        if plain:
            encoded = self._model.encode(
                [prompt + text for text in plain.values()],
                batch_size=BATCH,
                show_progress_bar=False,
                convert_to_numpy=True,
            )
            vectors[list(plain)] = of_length_one(np.asarray(encoded, np.float32))
        return vectors


def load_model(name: str) -> Any:
    """The `SentenceTransformer` of this name or folder; EncoderUnavailableError tells what stands against it."""
    try:
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(name, device="cpu", local_files_only=Path(name).exists())
    except Exception as error:  # every library below raises its own kind: OSError, ValueError, RuntimeError, HTTP …
        first = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise EncoderUnavailableError(name=name, why=first) from error


def _prompts(name: str, model: Any) -> Prompts:
    """The model's own prompts where its configuration has them, else its family's."""
    own = {key: value for key, value in (model.prompts or {}).items() if value}
    if own:
        return Prompts(own.get("query", ""), own.get("document") or own.get("passage") or "")
    lowered = name.lower()
    return next((prompts for pattern, prompts in FAMILIES if pattern.search(lowered)), Prompts())


def _fingerprint(name: str, model: Any) -> str:
    """A name with the commit it was fetched at, or a folder's name with a digest of its files."""
    folder = Path(name)
    if not folder.is_dir():
        config = getattr(getattr(model[0], "auto_model", None), "config", None)
        return f"{name}@{getattr(config, '_commit_hash', None) or 'unknown'}"
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        size = file.stat().st_size
        digest.update(f"{file.relative_to(folder).as_posix()}\0{size}\0".encode())
        with file.open("rb") as stream:
            digest.update(stream.read(READ_WHOLE))
            if size > READ_WHOLE:
                stream.seek(-min(READ_WHOLE, size - READ_WHOLE), 2)
                digest.update(stream.read())
    return f"{folder.name}@{digest.hexdigest()[:12]}"
