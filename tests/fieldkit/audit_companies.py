"""Scores `fieldkit audit` on the fifth labelled split: `python -m tests.fieldkit.audit_companies`.

191 models of six companies, written from docs/audit.md alone. `labels.tsv`: path, rules or
"clean", the rules that it only looks like, why. `open.tsv`: pairs (path, rule) that the page left
open when the set was written; they count neither way. A note counts as a finding.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fieldkit.audit import Settings, audit
from fieldkit.audit.catalog import read
from fieldkit.audit.found import Model
from fieldkit.audit.rules import RULES

HOME = Path(__file__).parent / "audit_companies"
DIALECTS = {
    "p": "duckdb", "q": "postgres", "r": "bigquery", "s": "snowflake", "t": "databricks",
    "u": "trino",
}  # fmt: skip
# Drawn before any run: by the errors of the first half rules were mended, then the second was run.
FIRST_HALF, SECOND_HALF = "prt", "qsu"


@dataclass(frozen=True)
class Judged:
    """A model, the rules that it breaks, those that it only looks like, and those left open."""

    model: Model
    path: str
    breaks: frozenset[str]
    like: frozenset[str]
    left_open: frozenset[str]

    @property
    def named(self) -> set[str]:
        """The rules that speak, those left open apart."""
        return {finding.rule for finding in self.model.findings} - self.left_open


@dataclass
class Score:
    """The files that a rule rightly named, falsely named, missed, and look-alikes that it named."""

    right: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    flagged: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """The share of what it named that is right; 1 if it named nothing."""
        return len(self.right) / max(len(self.right) + len(self.false), 1) if self.named else 1.0

    @property
    def recall(self) -> float:
        """Of what it should have named, the share that it named."""
        return len(self.right) / max(len(self.right) + len(self.missed), 1)

    @property
    def named(self) -> int:
        """How many files it named."""
        return len(self.right) + len(self.false)


def judged(companies: str, dialects: dict[str, str] = DIALECTS) -> Iterator[Judged]:
    """The models of these companies, as they are audited."""
    left_open = _rows("open.tsv")
    for company in companies:
        home = HOME / f"company_{company}"
        settings = Settings(catalog=read(home / "catalog.csv"), dialect=dialects[company])
        found = {f"{home.name}/{m.path}": m for m in audit(home, settings).models}
        labelled = [row for row in _rows("labels.tsv") if row[0].startswith(home.name)]
        if set(found) != {row[0] for row in labelled}:
            raise ValueError(f"{home.name}: the labels are of other files")
        for path, rules, like, *_ in labelled:
            unsaid = frozenset(rule for name, rule in left_open if name == path)
            yield Judged(found[path], path, _rules(rules), _rules(like), unsaid)


def _rows(name: str) -> list[list[str]]:
    with (HOME / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _rules(told: str) -> frozenset[str]:
    named = (one.removeprefix("look-alike-of:").strip() for one in told.split(","))
    return frozenset(named) & set(RULES)


def scored(models: Sequence[Judged]) -> dict[str, Score]:
    """By rule."""
    scores = {rule: Score() for rule in RULES}
    for one in models:
        for rule, score in scores.items():
            if rule in one.named:
                (score.right if rule in one.breaks else score.false).append(one.path)
                score.flagged += [one.path] * (rule in one.like)
            elif rule in one.breaks:
                score.missed.append(one.path)
    return scores


def main() -> None:
    """Print the figures of some companies."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("companies", nargs="?", default=FIRST_HALF + SECOND_HALF)
    parser.add_argument("--show", action="store_true", help="name the files, too")
    parser.add_argument("--spark", default="databricks", help="the dialect of company t")
    given = parser.parse_args()
    models = list(judged(given.companies, DIALECTS | {"t": given.spark}))
    whole = Score()
    for rule, score in scored(models).items():
        _told(rule, score)
        for word in ("false", "missed") if given.show else ():
            for path in getattr(score, word):
                print(f"  {word} {path}")
        for word in ("right", "false", "missed", "flagged"):
            getattr(whole, word).extend(getattr(score, word))
    _told("all", whole)
    unread = [one for one in models if one.model.why]
    print(f"{len(models)} models, {len(unread)} not parsed")
    for one in unread if given.show else ():
        print(f"  {one.path}: {one.model.why}")


def _told(rule: str, score: Score) -> None:
    print(
        f"{rule:24} precision {score.precision:.3f}  recall {score.recall:.3f}  right"
        f" {len(score.right)}  false {len(score.false)}  missed {len(score.missed)}"
        f"  look-alikes flagged {len(score.flagged)}"
    )


if __name__ == "__main__":
    main()
