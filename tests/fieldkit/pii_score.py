"""Scores detectors by entity: `python -m tests.fieldkit.pii_score --help`.

On the generated set, or on files with labelled texts in the format of presidio-research (a list of
`full_text` and `spans` with `entity_type`, `start_position`, `end_position`); with --presidio
beside Presidio's pattern recognizers, in an environment of their own. A span counts if it overlaps.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from fieldkit.govern.detectors import scan_text
from fieldkit.govern.spans import ENTITIES
from tests.fieldkit.pii_set import Sample, samples

LABELS = {
    "EMAIL_ADDRESS": "mail", "PHONE_NUMBER": "phone", "CREDIT_CARD": "card", "IBAN_CODE": "iban",
    "US_SSN": "ssn", "IP_ADDRESS": "ip", "URL": "url", "DOMAIN_NAME": "url",
}  # fmt: skip
Spans = Sequence[Sequence]


def labelled(path: Path) -> list[Sample]:
    """Texts that somebody else has labelled; what we do not look for is left out."""
    found = []
    for one in json.loads(path.read_text(encoding="utf-8")):
        spans = [
            (span["start_position"], span["end_position"], LABELS[span["entity_type"]])
            for span in one["spans"]
            if span["entity_type"] in LABELS
        ]
        found.append(Sample(one["full_text"], tuple(spans)))
    return found


def scored(given: Sequence[Sample], found: Sequence[Spans]) -> dict[str, tuple[int, int, int]]:
    """By entity: right, false, missed."""
    counts = {name: [0, 0, 0] for name in ENTITIES}
    for sample, spans in zip(given, found, strict=True):
        for start, end, entity in spans:
            hit = any(s < end and start < e and entity == n for s, e, n in sample.spans)
            counts[entity][0 if hit else 1] += 1
        for start, end, entity in sample.spans:
            hit = any(s < end and start < e and entity == n for s, e, n in spans)
            counts[entity][2] += not hit
    return {name: (right, false, missed) for name, (right, false, missed) in counts.items()}


def ours(given: Sequence[Sample]) -> list[Spans]:
    """What our detectors find."""
    return [[(s.start, s.end, s.entity) for s in scan_text(one.text)] for one in given]


def presidio(given: Sequence[Sample]) -> list[Spans]:
    """What Presidio's pattern recognizers find, in an environment of their own."""
    from tests.bench.environments import python_of
    from tests.bench.govern import PRESIDIO
    from tests.bench.processes import DRIVERS, environment, run

    python = python_of(*PRESIDIO)
    with tempfile.TemporaryDirectory() as folder:
        texts = Path(folder, "texts.json")
        texts.write_text(json.dumps([one.text for one in given]))
        done = run(
            [python, str(DRIVERS / "presidio_spans.py"), str(texts)], env=environment(python)
        )
    told = json.loads(done.stdout)
    return [[(s, e, LABELS[n]) for s, e, n in one if n in LABELS] for one in told["spans"]]


def figures(counts: tuple[int, int, int]) -> str:
    """Precision and recall."""
    right, false, missed = counts
    precision = f"{right / (right + false):.3f}" if right + false else "-"
    recall = f"{right / (right + missed):.3f}" if right + missed else "-"
    return f"{precision} / {recall}"


def main(argv: Sequence[str] | None = None) -> int:
    """Print a table for the set, or for each file."""
    parser = argparse.ArgumentParser("python -m tests.fieldkit.pii_score", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--presidio", action="store_true")
    parser.add_argument("--show", metavar="ENTITY", default="", help="print what is wrong")
    given = parser.parse_args(argv)
    sets = {str(path): labelled(path) for path in given.files}
    sets = sets or {f"generated, seed {given.seed}": list(samples(given.seed))}
    for name, texts in sets.items():
        found = ours(texts)
        left = scored(texts, found)
        right = scored(texts, presidio(texts)) if given.presidio else {}
        print(f"{name}: {len(texts)} texts; precision / recall")
        for entity in ENTITIES:
            there = sum(n == entity for one in texts for *_, n in one.spans)
            beside = f"   Presidio {figures(right[entity])}" if right else ""
            print(f"  {entity:6} {there:5}   {figures(left[entity])}{beside}")
        if given.show:
            _show(texts, found, given.show)
    return 0


def _show(texts: Sequence[Sample], found: Sequence[Spans], entity: str) -> None:
    for sample, spans in zip(texts, found, strict=True):
        own = {(s, e) for s, e, n in spans if n == entity}
        real = {(s, e) for s, e, n in sample.spans if n == entity}
        for start, end in sorted(own):
            if not any(s < end and start < e for s, e in real):
                print("FALSE ", repr(sample.text[max(0, start - 30) : end + 10]))
        for start, end in sorted(real):
            if not any(s < end and start < e for s, e in own):
                print("MISSED", repr(sample.text[max(0, start - 30) : end + 10]))


if __name__ == "__main__":
    sys.exit(main())
