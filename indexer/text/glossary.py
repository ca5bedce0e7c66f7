"""The glossary: what else a municipal term is called, and what it goes with.

`data/glossary.yaml` has a list of entries for each domain, `A = B = C > D, E`: A, B and C are the same thing, which is
a kind of D or goes with E. It serves twice: a query is looked for under the other names of what it says, and the
community encoder learns that these belong together. On a municipal FAQ with graded relevance (nDCG@10, nothing learned
from labels) it is worth .05; weights from .3 to .7 did alike, 1 lost .01.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from indexer.config import SHIPPED
from indexer.errors import BadGlossaryError, NoSuchFileError
from indexer.text.tokens import Words, words

FILE = SHIPPED / "glossary.yaml"
SAME, BROADER, NARROWER = 0.5, 0.5, 0.1  # what an added word weighs, where an asked one weighs 1
TELLING = 0.5  # added words of this weight or more count in the query's vector too

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """An entry: names of one thing, and what it is a kind of or goes with."""

    domain: str
    names: tuple[str, ...]
    broader: tuple[str, ...] = ()


class Glossary:
    """Terms, and what a query's words are widened by."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self.terms = tuple(terms)
        self._rules: dict[Phrase, dict[str, float]] = {}
        pairs: list[tuple[Words, Words]] = []
        for term in terms:
            names, broader = [words(name) for name in term.names], [words(name) for name in term.broader]
            for place, name in enumerate(names):
                others = [other for at, other in enumerate(names) if at != place]
                pairs.extend((name, other) for other in (*others, *broader) if name.terms and other.terms)
                self._rule(name, others, SAME)
                self._rule(name, broader, BROADER)
            for wide in broader:
                self._rule(wide, names, NARROWER)
        self.pairs = tuple(pairs)
        self._longest: dict[str, int] = {}  # of the names that begin with a word
        for first, *rest in self._rules:
            self._longest[first] = max(1 + len(rest), self._longest.get(first, 0))

    def expand(self, terms: Sequence[str]) -> dict[str, float]:
        """The weight of each word to add to a query of these words; never one that it has."""
        own = set(terms)
        added: dict[str, float] = {}
        for phrase in self._phrases(terms):
            for term, weight in self._rules[phrase].items():
                if term not in own and added.get(term, 0.0) < weight:
                    added[term] = weight
        return added

    def _rule(self, name: Words, others: Sequence[Words], weight: float) -> None:
        if not name.terms:
            return
        rule = self._rules.setdefault(name.terms, {})
        for other in others:
            if other.terms != name.terms:
                rule |= {term: max(weight, rule.get(term, 0.0)) for term in other.terms}

    def _phrases(self, terms: Sequence[str]) -> Iterator[Phrase]:
        """The glossary's names in these words: the longest at each place, none that lies within another."""
        end = 0
        for start in range(len(terms)):
            longest = self._longest.get(terms[start], 0)
            for stop in range(min(len(terms), start + longest), max(start, end), -1):
                phrase = tuple(terms[start:stop])
                if phrase in self._rules:
                    yield phrase
                    end = stop
                    break


@cache
def shipped() -> Glossary:
    """The glossary that comes with the code."""
    return load(FILE)


def load(path: Path) -> Glossary:
    """Read a glossary. Raises BadGlossaryError, which names file and line, or NoSuchFileError."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except FileNotFoundError as error:
        raise NoSuchFileError(path=path) from error
    except UnicodeDecodeError as error:
        raise BadGlossaryError(file=path, line=1, why="not UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadGlossaryError(file=path, line=line, why=error.problem or "not YAML") from error
    except yaml.YAMLError as error:
        raise BadGlossaryError(file=path, line=1, why=str(error)) from error
    return Glossary(list(_terms(path, root)))


def _terms(path: Path, root: yaml.Node | None) -> Iterator[Term]:
    if not isinstance(root, yaml.MappingNode):
        raise BadGlossaryError(file=path, line=1, why="domain: [entry, …]")
    first_line: dict[frozenset[str], int] = {}
    for name, entries in root.value:
        if not isinstance(entries, yaml.SequenceNode):
            raise BadGlossaryError(file=path, line=name.start_mark.line + 1, why=f"{name.value}: a list is needed")
        for node in entries.value:
            line = node.start_mark.line + 1
            term = _term(path, line, str(name.value), node)
            known = frozenset(term.names)
            if known in first_line:
                raise BadGlossaryError(file=path, line=line, why=f"{node.value}: as in line {first_line[known]}")
            first_line[known] = line
            yield term


def _term(path: Path, line: int, domain: str, node: yaml.Node) -> Term:
    """`A = B > C, D`."""
    if not isinstance(node, yaml.ScalarNode):
        raise BadGlossaryError(file=path, line=line, why="A = B > C, D")
    left, arrow, right = str(node.value).partition(" > ")
    names = tuple(name.strip() for name in left.split(" = "))
    broader = tuple(name.strip() for name in right.split(",")) if arrow else ()
    if not all((*names, *broader)) or (len(names) == 1 and not broader):
        raise BadGlossaryError(file=path, line=line, why=f"{node.value}: A = B > C, D")
    return Term(domain, names, broader)
