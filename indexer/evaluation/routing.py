"""`kyoso evaluate routing`: labels learnt from a BEIR-style corpus, given to its queries.

Nothing of the community's own data is touched. A document's `unit` is its label; the contact block
that closes a text names the department, so that it is not learnt from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.encoders.training import FEWEST_PAIRS, Pair, train
from indexer.errors import BadDataError, BadInputError
from indexer.evaluation.files import read_queries, rows, text_in
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
    examples = [_example(corpus, line, row) for line, row in rows(corpus, named=False)]
    asked = read_queries(queries)
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
                best = [label for label, _ in model.of(query.text)[:MOST_LABELS]]
                file.write(json.dumps({"_id": query.id, "labels": best}, ensure_ascii=False) + "\n")
                if progress is not None:
                    progress(done, len(asked))
    except OSError as error:
        raise BadInputError(what=f"--out {out}: {error.strerror}") from error
    return Routed(len(examples), len(labelled), len(model.words.labels), len(asked))


def _example(path: Path, line: int, row: Mapping[str, Any]) -> Example:
    title, text, unit = text_in(path, line, row, "title"), text_in(path, line, row, "text"), row.get("unit")
    if unit is not None and not isinstance(unit, str):
        raise BadDataError(file=path, line=line, why="unit: a text or null is needed")
    return Example(title, CONTACT.sub("", text), unit or None)
