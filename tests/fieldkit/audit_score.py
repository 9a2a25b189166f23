"""Scores the rules of `fieldkit audit` on the labelled set: `python -m tests.fieldkit.audit_score`.

Prints precision and recall of each rule, and what was missed or falsely named. A model counts for
the rule that a reviewer would name; any other rule that speaks, and any rule on a look-alike, is a
false finding of that rule.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fieldkit.audit import Settings
from fieldkit.audit.project import File, Project
from fieldkit.audit.rules import RULES
from fieldkit.audit.run import of
from tests.fieldkit.audit_kinds import FIRST
from tests.fieldkit.audit_kinds_last import LAST
from tests.fieldkit.audit_kinds_more import SECOND
from tests.fieldkit.audit_set import Labelled, draw

SPLITS = {"first": (FIRST, 20260711), "second": (SECOND, 20261103), "last": (LAST, 20261126)}


@dataclass
class Score:
    """What became of a rule: models rightly named, falsely named, and missed."""

    right: list[Labelled] = field(default_factory=list)
    false: list[Labelled] = field(default_factory=list)
    missed: list[Labelled] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """The share of what the rule named that a reviewer would name; 1 if it named nothing."""
        named = len(self.right) + len(self.false)
        return len(self.right) / named if named else 1.0

    @property
    def recall(self) -> float:
        """Of what a reviewer would name, the share that the rule named."""
        return len(self.right) / (len(self.right) + len(self.missed))


def found_in(model: Labelled) -> set[str]:
    """The rules that speak, notes included; "unparsed" where the text could not be read."""
    settings = Settings(catalog=model.catalog, dialect=model.dialect)
    [judged] = of(Project((File("models/m.sql", model.sql),)), settings).models
    return {"unparsed"} if judged.why else {finding.rule for finding in judged.findings}


def scored(
    models: Sequence[Labelled], found_by: Callable[[Labelled], set[str]] = found_in
) -> dict[str, Score]:
    """By rule."""
    scores = {rule: Score() for rule in (*RULES, "unparsed")}
    for model in models:
        found = found_by(model)
        for rule in found:
            (scores[rule].right if rule == model.rule else scores[rule].false).append(model)
        if model.rule and model.rule not in found:
            scores[model.rule].missed.append(model)
    return scores


def main() -> None:
    """Print the figures of a split."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("split", choices=SPLITS)
    parser.add_argument("--seed", type=int, help="another draw of the same kinds")
    parser.add_argument("--show", action="store_true", help="print the models, too")
    given = parser.parse_args()
    kinds, seed = SPLITS[given.split]
    models = draw(kinds, given.seed or seed)
    for rule, score in scored(models).items():
        if rule in RULES:
            print(f"{rule:24} precision {score.precision:.3f}  recall {score.recall:.3f}")
        wrong = [("false", m) for m in score.false] + [("missed", m) for m in score.missed]
        for word, model in wrong:
            print(f"  {rule} {word}: {model.kind} ({model.rule}, {model.dialect})")
            if given.show:
                print(model.sql)


if __name__ == "__main__":
    main()
