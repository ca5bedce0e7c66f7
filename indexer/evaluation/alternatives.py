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
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from indexer import bootstrap
from indexer.config import Settings
from indexer.corpus import Corpus, Database
from indexer.encoders.base import of_length_one
from indexer.encoders.models import COMMUNITY
from indexer.encoders.training import train
from indexer.evaluation.alternatives_table import ROUNDS, Beside
from indexer.evaluation.bench_import import peak_mb
from indexer.evaluation.engines import ENGINES, Asked, Given, installed
from indexer.evaluation.metrics import Labels, ndcg, recall
from indexer.evaluation.ranking import read_documents, read_labels, read_queries, record, thread_ids
from indexer.evaluation.synthetic import write_export
from indexer.evaluation.timing import NAMED, Percentiles, Stopwatch, excerpts, load
from indexer.model import Query
from indexer.search import Search
from indexer.sources.slack_export import import_slack
from indexer.text import text_of, words
from indexer.text.glossary import shipped

KYOSO = "**Kyoso**, to the order of ids"
WHOLE = "**Kyoso**, its threads read back"
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
    """Seconds of one question: on the wall, and of work."""

    wall: float
    work: float


@dataclass(frozen=True, slots=True)
class _Answered:
    """What a process tells of one engine: thread ids found for each question, what each took in each round."""

    engine: str
    found: dict[str, list[int]]
    rounds: list[list[Took]]
    build_seconds: float
    peak_mb: float

    @property
    def once(self) -> list[float]:
        """Seconds on the wall of each question when first asked."""
        return [one.wall for one in self.rounds[0]]

    @property
    def least(self) -> list[float]:
        """… the least of all rounds."""
        return [min(one.wall for one in taken) for taken in zip(*self.rounds, strict=True)]

    @property
    def work(self) -> list[float]:
        """Likewise, seconds of work of all its threads."""
        return [min(one.work for one in taken) for taken in zip(*self.rounds, strict=True)]


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
    rows = []
    for name in (KYOSO, *ENGINES):
        if name != KYOSO and not installed(name):
            told(f"{name}: not installed, left out (pip install 'kyoso[bench]')")
            continue
        # Spawned, not forked, and one at a time: memory and time are its own.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
            done = alone.submit(_kyoso, prepared) if name == KYOSO else alone.submit(_engine, prepared, name)
            for answered in done.result():
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
    if right is not None:
        labels, names = right
        runs = {query: [names[number] for number in found] for query, found in answered.found.items()}
        gained = (
            float(np.mean([ndcg(runs.get(query, ()), grades) for query, grades in labels.items()])),
            float(np.mean([recall(runs.get(query, ()), grades) for query, grades in labels.items()])),
        )
    once, least, work = (Percentiles.of(taken) for taken in (answered.once, answered.least, answered.work))
    return Beside(name, threads, once.p50, once.p95, least.p95, work.p95, build, answered.peak_mb, *gained)


def _kyoso(prepared: _Prepared) -> list[_Answered]:
    """Two rows of one search: up to the order of ids, as the others are timed, and the whole of it."""
    with bootstrap.database(prepared.settings) as database:
        indexer, built = _indexed(prepared, database)
        whole = _Answered(WHOLE, {}, [], built, 0.0)
        ranked = _Answered(KYOSO, whole.found, [], built, 0.0)
        for number in range(ROUNDS):
            search = indexer.open_search()  # anew: no thread is read back from memory
            ranked.rounds.append(_timed(prepared, whole, search, number))
    return [replace(answered, peak_mb=peak_mb()) for answered in (ranked, whole)]


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
    engine = ENGINES[name][0]()
    begun = time.perf_counter()
    own_folder = prepared.folder / "engine" / ENGINES[name][1]
    shutil.rmtree(own_folder, ignore_errors=True)
    engine.build(Given(given["texts"], vectors, own_folder))
    answered = _Answered(name, {}, [], time.perf_counter() - begun, 0.0)
    even = np.full(vectors.shape[1], vectors.shape[1] ** -0.5, np.float32)  # for a question of unknown words alone

    def ask(text: str) -> list[int]:
        own = " ".join(words(text).terms)
        vector = even if name in WORDS_ALONE else encoder.encode_queries([text])[0]
        vector = vector if vector.any() else even
        return [given["ids"][place] for place in engine.search(Asked(own, vector), DEPTH)] if own else []

    for number in range(ROUNDS):
        _rounded(prepared, answered, ask, number)
    return [replace(answered, peak_mb=peak_mb())]


def _timed(prepared: _Prepared, whole: _Answered, search: Search, number: int) -> list[Took]:
    """A round of this search into `whole`; what each question took up to the order of ids."""
    watch, ranked = Stopwatch(), list[Took]()
    search.lap = watch.lap

    def ask(text: str) -> list[int]:
        watch.start()
        hits = search.similar(Query(text, k=DEPTH, resolved_only=False))
        ranked.append(Took(*(sum(taken[stage] for stage in NAMED) for taken in (watch.wall, watch.cpu))))
        return [hit.thread.id for hit in hits]

    _rounded(prepared, whole, ask, number)
    return ranked[-len(whole.rounds[-1]) :]


def _rounded(prepared: _Prepared, answered: _Answered, ask: Callable[[str], list[int]], number: int) -> None:
    """Ask every question; what each took is kept, the first ones excepted."""
    questions = json.loads((prepared.folder / "questions.json").read_text(encoding="utf-8"))
    ask("問い合わせの例")  # loads the dictionary and whatever an engine loads at its first question
    taken = []
    for name, text in questions.items():
        fresh = text + " " * number  # what is cut into words must not be remembered from the round before
        begun, worked = time.perf_counter(), time.process_time()
        answered.found[name] = ask(fresh)
        taken.append(Took(time.perf_counter() - begun, time.process_time() - worked))
    answered.rounds.append(taken[WARMING:] or taken)
