"""Texts through Presidio's pattern recognizers, without a model and without a network.

Run in an environment of its own: `python presidio_spans.py texts.json` prints, as JSON, the spans
of each text and the seconds, wall and CPU, of the work alone.
"""

from __future__ import annotations

import json
import sys
import time

import spacy
import tldextract
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    EmailRecognizer,
    IbanRecognizer,
    IpRecognizer,
    PhoneRecognizer,
    UrlRecognizer,
    UsSsnRecognizer,
)

RECOGNIZERS = (
    CreditCardRecognizer, EmailRecognizer, IbanRecognizer, IpRecognizer, PhoneRecognizer,
    UrlRecognizer, UsSsnRecognizer,
)  # fmt: skip
# Its own list of suffixes: it would fetch one.
tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())


class Blank(NlpEngine):
    """Words only: patterns and the words near them need no model."""

    def __init__(self) -> None:
        self.nlp = spacy.blank("en")

    def load(self) -> None:
        pass

    def is_loaded(self) -> bool:
        return True

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        doc = self.nlp(text)
        lemmas = [token.text.lower() for token in doc]
        indices = [token.idx for token in doc]
        return NlpArtifacts([], doc, indices, lemmas, self, language)

    def process_batch(self, texts, language, **_):
        for text in texts:
            yield text, self.process_text(text, language)

    def is_stopword(self, word: str, language: str) -> bool:
        return self.nlp.vocab[word].is_stop

    def is_punct(self, word: str, language: str) -> bool:
        return self.nlp.vocab[word].is_punct

    def get_supported_entities(self) -> list[str]:
        return []

    def get_supported_languages(self) -> list[str]:
        return ["en"]


def main() -> None:
    registry = RecognizerRegistry(supported_languages=["en"])
    for kind in RECOGNIZERS:
        registry.add_recognizer(kind(supported_language="en"))
    engine = AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["en"])
    with open(sys.argv[1], encoding="utf-8") as file:
        texts = json.load(file)
    engine.analyze("warm up at warm@up.example", language="en")
    begun, used = time.perf_counter(), time.process_time()
    found = [
        [(one.start, one.end, one.entity_type) for one in engine.analyze(text, language="en")]
        for text in texts
    ]
    took = {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - used}
    print(json.dumps({**took, "spans": found}))


if __name__ == "__main__":
    main()
