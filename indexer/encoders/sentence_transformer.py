"""Any sentence-transformers model, by name or folder, with the prompts its family was trained on.

What is at hand (a folder, or the library's cache) is loaded without a word to the network; only what is not is fetched.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx
import numpy as np

from indexer.encoders.base import Vectors, of_length_one
from indexer.errors import EncoderUnavailableError, EncoderUnreachableError
from indexer.text import normalise

BATCH = 32  # what the library takes too; on two cores larger batches only pad more
# Tokens read of a text. e5 and the first ruri take 512, ruri-v3 8,192; the matter of a post stands in its first half
# thousand, and the time of a transformer grows faster than its input.
MOST_TOKENS = 512
HUB = "https://huggingface.co"
PATIENCE_SECONDS = 5.0  # for the hub to answer at all; the library itself would try for a minute and a half
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


@dataclass(frozen=True, slots=True)
class Running:
    """How a model is computed: the library's backend, which of the model's files it loads (empty: its choice), and
    how many texts at a time.
    """

    backend: Literal["torch", "onnx", "openvino"] = "torch"
    file: str = ""
    batch: int = BATCH

    @property
    def mark(self) -> str:
        """What tells vectors of one backend from another's in a fingerprint; int8 ones differ in the second digit."""
        return "" if self.backend == "torch" else f"+{self.backend}" + (f":{self.file}" if self.file else "")


PLAINLY = Running()


class SentenceTransformerEncoder:
    """A model loaded through sentence-transformers; a folder is read as it is, a name may be fetched by the library."""

    def __init__(self, name: str, running: Running = PLAINLY) -> None:
        self.name = name
        self._running = running
        self._model = load_model(name, running)
        longest = self._model.max_seq_length
        self._model.max_seq_length = min(longest or MOST_TOKENS, MOST_TOKENS)
        self._prompts = _prompts(name, self._model)
        self.fingerprint = _fingerprint(name, self._model) + running.mark
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
                batch_size=self._running.batch,
                show_progress_bar=False,
                convert_to_numpy=True,
            )
            vectors[list(plain)] = of_length_one(np.asarray(encoded, np.float32))
        return vectors


def load_model(name: str, running: Running = PLAINLY) -> Any:
    """The `SentenceTransformer` of this name or folder.

    Raises EncoderUnavailableError or, where it would have to be fetched and cannot be, EncoderUnreachableError.
    """
    try:
        return _loaded(name, running, local=True)
    except Exception as error:  # every library below raises its own kind: OSError, ValueError, RuntimeError, HTTP …
        if _is_path(name) or not _not_here(error):
            raise _unavailable(name, error) from error
    _reach(name)
    try:
        return _loaded(name, running, local=False)
    except Exception as error:
        raise _unavailable(name, error) from error


def _loaded(name: str, running: Running, *, local: bool) -> Any:
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    # Of reading weights; what is fetched still shows its own.
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    given = {"file_name": running.file} if running.file else {}
    return SentenceTransformer(
        name, device="cpu", local_files_only=local, backend=running.backend, model_kwargs=given or None
    )


def _is_path(name: str) -> bool:
    return Path(name).exists() or name.startswith((".", "/", "~")) or name.count("/") > 1


def _not_here(error: BaseException | None) -> bool:
    """Whether it failed for want of files, which the library tells as OSError or as errors of its hub."""
    while error is not None:
        if isinstance(error, OSError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _reach(name: str) -> None:
    hub = os.environ.get("HF_ENDPOINT") or HUB
    if os.environ.get("HF_HUB_OFFLINE", "0") not in {"0", ""}:
        raise EncoderUnreachableError(name=name, hub=f"{hub} (HF_HUB_OFFLINE)")
    try:
        httpx.head(hub, timeout=PATIENCE_SECONDS, follow_redirects=True)
    except httpx.HTTPError as error:
        raise EncoderUnreachableError(name=name, hub=hub) from error


def _unavailable(name: str, error: Exception) -> EncoderUnavailableError:
    first = next(iter(str(error).splitlines()), "") or type(error).__name__
    return EncoderUnavailableError(name=name, why=first)


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
