"""`kyoso bench alternatives`: this search beside libraries one might take instead, in one run, on one corpus.

Threads are recorded once; words are cut and vectors made once, by the same code and with the same encoder for all.
Every engine then builds and answers in a process of its own, so that memory is its own. A question's words and vector
are made within the time measured. Words cut for all count in everybody's time to build, vectors where they are used.
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from indexer import bootstrap
from indexer.config import Settings
from indexer.corpus import Corpus, Database
from indexer.encoders.base import of_length_one
from indexer.encoders.models import COMMUNITY
from indexer.encoders.training import train
from indexer.evaluation.alternatives_table import ROUNDS, Beside
from indexer.evaluation.engines import ENGINES, Asked, Given, installed
from indexer.evaluation.files import read_documents, read_labels, read_queries
from indexer.evaluation.memory import peak_mb
from indexer.evaluation.metrics import Labels, ndcg, recall
from indexer.evaluation.ranking import record, thread_ids
from indexer.evaluation.synthetic import write_export
from indexer.evaluation.timing import NAMED, STAGES, Percentiles, Stopwatch, excerpts, load
from indexer.model import Query
from indexer.sources.slack_export import import_slack
from indexer.text import text_of, words
from indexer.text.glossary import shipped

# Rows of this search: the stages that count, and of them those that come once words and vector are there.
KYOSO: Mapping[str, tuple[Collection[str], Collection[str]]] = {
    "**Kyoso**, to the order of ids": (NAMED, ("retrieve", "rank")),
    "**Kyoso**, its threads read back": (STAGES, ("follow", "retrieve", "rank", "read")),
    "**Kyoso**, its candidates alone": (("tokenise", "encode", "retrieve"), ("retrieve",)),
}
UNORDERED = "**Kyoso**, its candidates alone"
WORDS_ALONE = frozenset(("bm25s", "tantivy (BM25)"))
DEPTH = 10
QUESTIONS = 300  # asked of a synthetic community
WARMING = 20
BATCH = 500


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What all engines share, in a folder: the database with its model, texts, vectors and questions."""

    folder: Path
    words_seconds: float
    vectors_seconds: float

    @property
    def settings(self) -> Settings:
        return Settings(data_dir=self.folder, database_url="")


class Took(NamedTuple):
    """Seconds of one question: on the wall, of work, and on the wall once its words and vector are there."""

    wall: float
    work: float
    given: float


@dataclass(frozen=True, slots=True)
class _Answered:
    """What a process tells of one engine: thread ids found for each question, what each took in each round."""

    engine: str
    found: dict[str, list[int]]
    rounds: list[list[Took]]
    build_seconds: float
    peak_mb: float

    @property
    def once(self) -> Percentiles:
        """On the wall, each question when first asked."""
        return Percentiles.of([one.wall for one in self.rounds[0]])

    @property
    def least(self) -> Took:
        """Milliseconds at the 95th percentile, of each question the least of all rounds."""
        questions = [Took(*map(min, zip(*one, strict=True))) for one in zip(*self.rounds, strict=True)]
        return Took(*(Percentiles.of(seconds).p95 for seconds in zip(*questions, strict=True)))


def beside(
    faq: Path | None, sizes: Sequence[int], told: Callable[[str], None], kept: Path | None = None
) -> list[Beside]:
    """Measure on the FAQ, where it is there, and on synthetic communities of these sizes; `told` hears what is done.

    `kept`: a folder where synthetic communities stay, each in a folder named by its size, to be measured again.
    """
    rows: list[Beside] = []
    if faq is not None:
        labels = read_labels(faq / "qrels.dev.tsv")
        documents = read_documents(faq / "corpus.jsonl")
        questions = {query.id: query.text for query in read_queries(faq / "queries.dev.jsonl")}
        with (
            tempfile.TemporaryDirectory(prefix="kyoso-bench-") as name,
            _prepared(Path(name), lambda database: record(documents, database), lambda _: questions) as prepared,
        ):
            with bootstrap.database(prepared.settings) as database:
                names = {number: name for name, number in thread_ids(documents, database).items()}
            rows += _measured(prepared, told, (labels, names))
    for threads in sizes:
        with tempfile.TemporaryDirectory(prefix="kyoso-bench-") as name:
            folder = kept / str(threads) if kept is not None else Path(name)
            with _prepared(folder, partial(_import, folder, threads), _asked_again) as prepared:
                rows += _measured(prepared, told)
    return rows


def _asked_again(database: Database) -> dict[str, str]:
    return {str(number): text for number, text in excerpts(database, QUESTIONS).items()}


def _import(folder: Path, threads: int, database: Database) -> None:
    write_export(folder / "export", threads)
    import_slack(folder / "export", database, datetime.now(UTC))


@contextmanager
def _prepared(
    folder: Path, fill: Callable[[Database], object], ask: Callable[[Database], Mapping[str, str]]
) -> Iterator[_Prepared]:
    """What is not in the folder yet is made."""
    settings, seconds = Settings(data_dir=folder, database_url=""), folder / "seconds.json"
    with bootstrap.database(settings) as database:
        if not seconds.exists():
            with database.read() as connection:
                known = Corpus(connection).position() > 0
            if not known:
                fill(database)
            (folder / "questions.json").write_text(json.dumps(dict(ask(database))), encoding="utf-8")
            seconds.write_text(json.dumps(_shared(folder, database)), encoding="utf-8")
        yield _Prepared(folder, *json.loads(seconds.read_text(encoding="utf-8")))


def _shared(folder: Path, database: Database) -> tuple[float, float]:
    """Train the encoder, cut words and make vectors: once, for all; seconds of the latter two."""
    builder = bootstrap.build(Settings(data_dir=folder, database_url=""), database).builder
    encoder = builder.models.open(COMMUNITY)
    if encoder is None:
        encoder = builder.models.keep(train(list(builder.pairs()), synonyms=shipped().pairs))
    ids: list[int] = []
    texts: list[str] = []
    vectors = []
    cutting = encoding = 0.0
    with database.read() as connection:
        corpus = Corpus(connection)
        known = [change.thread_id for change in corpus.changed_since(0)]
        for start in range(0, len(known), BATCH):
            threads = [thread for thread in corpus.threads(known[start : start + BATCH]) if thread.root.by_person]
            parts = [text_of(thread) for thread in threads]
            begun = time.perf_counter()
            ids += [thread.id for thread in threads]
            texts += [" ".join(words(f"{part.question}\n{part.answer}\n{part.rest}").terms) for part in parts]
            cut = time.perf_counter()
            question = encoder.encode_passages([part.question for part in parts])
            answer = encoder.encode_passages([part.answer for part in parts])
            vectors.append(of_length_one(question + answer))
            cutting, encoding = cutting + cut - begun, encoding + time.perf_counter() - cut
    np.save(folder / "vectors.npy", np.concatenate(vectors))
    (folder / "texts.json").write_text(json.dumps({"ids": ids, "texts": texts}), encoding="utf-8")
    return cutting, encoding


def _measured(
    prepared: _Prepared, told: Callable[[str], None], right: tuple[Labels, Mapping[int, str]] | None = None
) -> list[Beside]:
    missing = [name for name in ENGINES if not installed(name)]
    for name in missing:
        told(f"{name}: not installed, left out (pip install 'kyoso[bench]')")
    rows = []
    engines = [partial(_engine, name=name) for name in ENGINES if name not in missing]
    measures: list[Callable[[_Prepared], list[_Answered]]] = [_kyoso, *engines]
    for measure in measures:
        # Spawned, not forked, and one at a time: memory and time are its own.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
            for answered in alone.submit(measure, prepared).result():
                row = _row(prepared, answered, right)
                told(f"{row.engine}: {row.threads:,} threads, p95 {row.p95_ms:.1f} ms, load {load()}")
                rows.append(row)
    return rows


def _row(prepared: _Prepared, answered: _Answered, right: tuple[Labels, Mapping[int, str]] | None) -> Beside:
    name = answered.engine
    threads = len(json.loads((prepared.folder / "texts.json").read_text(encoding="utf-8"))["ids"])
    build = answered.build_seconds
    if name in ENGINES:
        build += prepared.words_seconds + (0.0 if name in WORDS_ALONE else prepared.vectors_seconds)
    gained: tuple[float | None, float | None] = (None, None)
    if right is not None and name != UNORDERED:
        labels, names = right
        runs = {query: [names[number] for number in found] for query, found in answered.found.items()}
        gained = (
            float(np.mean([ndcg(runs.get(query, ()), grades) for query, grades in labels.items()])),
            float(np.mean([recall(runs.get(query, ()), grades) for query, grades in labels.items()])),
        )
    once, least = answered.once, answered.least
    times = (once.p50, once.p95, least.wall, least.work, least.given)
    return Beside(name, threads, *times, build, answered.peak_mb, *gained)


def _kyoso(prepared: _Prepared) -> list[_Answered]:
    """The rows of this search, all of one run."""
    found: dict[str, list[int]] = {}
    rounds: dict[str, list[list[Took]]] = {row: [] for row in KYOSO}
    watch = Stopwatch()
    with bootstrap.database(prepared.settings) as database:
        indexer, built = _indexed(prepared, database)
        for number in range(ROUNDS):
            search = indexer.open_search()  # anew: no thread is read back from memory
            search.lap = watch.lap
            taken: dict[str, list[Took]] = {row: [] for row in KYOSO}
            for name, text in _questions(prepared, number):
                watch.start()
                found[name] = [hit.thread.id for hit in search.similar(Query(text, k=DEPTH, resolved_only=False))]
                for row, (counted, given) in KYOSO.items():
                    spans = ((watch.wall, counted), (watch.cpu, counted), (watch.wall, given))
                    taken[row].append(Took(*(sum(seconds[stage] for stage in stages) for seconds, stages in spans)))
            for row, times in taken.items():
                rounds[row].append(_warm(times))
            del search  # one at a time: memory is for one
    return [_Answered(row, found, rounds[row], built, peak_mb()) for row in KYOSO]


def _indexed(prepared: _Prepared, database: Database) -> tuple[bootstrap.Indexer, float]:
    """The index, and the seconds that making it took, of this run or the one that made it."""
    indexer, seconds = bootstrap.build(prepared.settings, database), prepared.folder / "indexing.json"
    if not seconds.exists():
        begun = time.perf_counter()
        indexer.builder.index(rebuild=True)
        seconds.write_text(json.dumps(time.perf_counter() - begun), encoding="utf-8")
    return indexer, json.loads(seconds.read_text(encoding="utf-8"))


def _engine(prepared: _Prepared, name: str) -> list[_Answered]:
    given = json.loads((prepared.folder / "texts.json").read_text(encoding="utf-8"))
    vectors = np.load(prepared.folder / "vectors.npy")
    with bootstrap.database(prepared.settings) as database:
        encoder = bootstrap.build(prepared.settings, database).builder.models.open(COMMUNITY)
    assert encoder is not None
    even = np.full(vectors.shape[1], vectors.shape[1] ** -0.5, np.float32)  # for texts of unknown words alone
    vectors[~vectors.any(axis=1)] = even
    engine = ENGINES[name][0]()
    begun = time.perf_counter()
    own_folder = prepared.folder / "engine" / ENGINES[name][1]
    shutil.rmtree(own_folder, ignore_errors=True)
    engine.build(Given(given["texts"], vectors, own_folder))
    built = time.perf_counter() - begun
    threadpool_limits(1)  # as this search does for itself: two threads wait for each other longer than they work
    found: dict[str, list[int]] = {}
    rounds = []
    for number in range(ROUNDS):
        taken = []
        for query, text in _questions(prepared, number):
            begun, worked = time.perf_counter(), time.process_time()
            own = " ".join(words(text).terms)
            vector = even if name in WORDS_ALONE else encoder.encode_queries([text])[0]
            asked = Asked(own, vector if vector.any() else even)
            ready = time.perf_counter()
            found[query] = [given["ids"][place] for place in engine.search(asked, DEPTH)] if own else []
            done = time.perf_counter()
            taken.append(Took(done - begun, time.process_time() - worked, done - ready))
        rounds.append(_warm(taken))
    return [_Answered(name, found, rounds, built, peak_mb())]


def _questions(prepared: _Prepared, number: int) -> Iterator[tuple[str, str]]:
    """Names and texts of all that is asked in a round; what is cut into words must not be remembered from the last."""
    questions = json.loads((prepared.folder / "questions.json").read_text(encoding="utf-8"))
    yield "", "問い合わせの例"  # loads the dictionary and whatever an engine loads at its first question
    for name, text in questions.items():
        yield name, text + " " * number


def _warm(taken: list[Took]) -> list[Took]:
    return taken[1 + WARMING :] or taken[1:]
