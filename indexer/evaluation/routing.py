"""`kyoso evaluate routing`: labels learnt from a BEIR-style corpus, given to its queries.

Nothing of the community's own data is touched. A document's `unit` is its label; the contact block
that closes a text names the department, so that it is not learnt from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.encoders.training import FEWEST_PAIRS, Pair, train
from indexer.errors import BadInputError, NoSuchFileError
from indexer.routing import Example, LabelModel
from indexer.text.fields import CONTACT
from indexer.text.glossary import shipped

MOST_LABELS = 10  # written for each query

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Routed:
    """What was learnt from and what was answered."""

    documents: int
    labelled: int
    labels: int
    queries: int


def route(corpus: Path, queries: Path, out: Path, progress: Progress | None = None) -> Routed:
    """Learn from `corpus`, route `queries`, write `out`. Raises NoSuchFileError and BadInputError."""
    examples = [
        Example(document["title"], CONTACT.sub("", document["text"]), document["unit"] or None)
        for document in _lines(corpus, {"title": str, "text": str, "unit": (str, type(None))})
    ]
    asked = list(_lines(queries, {"_id": str, "text": str}))
    labelled = [example for example in examples if example.label]
    if not labelled:
        raise BadInputError(what=f"{corpus}: unit")
    encoder = None
    pairs = [Pair(example.question, example.answer) for example in examples]
    if sum(bool(pair.answer.strip()) for pair in pairs) >= 2 * FEWEST_PAIRS:
        encoder = train(pairs, synonyms=shipped().pairs).encoder
    model = LabelModel(examples, shipped(), encoder)
    try:
        with out.open("w", encoding="utf-8") as file:
            for done, query in enumerate(asked, 1):
                best = [label for label, _ in model.of(query["text"])[:MOST_LABELS]]
                file.write(json.dumps({"_id": query["_id"], "labels": best}, ensure_ascii=False) + "\n")
                if progress is not None:
                    progress(done, len(asked))
    except OSError as error:
        raise BadInputError(what=f"--out {out}: {error.strerror}") from error
    return Routed(len(examples), len(labelled), len(model.words.labels), len(asked))


def _lines(path: Path, fields: Mapping[str, type | tuple[type, ...]]) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file, each with these fields; `unit` may be missing."""
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise NoSuchFileError(path=path) from error
    except UnicodeDecodeError as error:
        raise BadInputError(what=f"{path}: UTF-8") from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise BadInputError(what=f"{path}:{number}: JSON") from error
        if not isinstance(entry, dict):
            raise BadInputError(what=f"{path}:{number}: {{…}}")
        for name, kind in fields.items():
            if not isinstance(entry.setdefault(name, None), kind):
                raise BadInputError(what=f"{path}:{number}: {name}")
        yield entry
