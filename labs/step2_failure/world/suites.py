"""A Great Expectations suite as plain data, run over small frames by Great Expectations itself."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

# Not when it is first called: a judge of many submissions imports it once, before all of them.
import great_expectations as gx
import pandas as pd
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration


class SuiteError(ValueError):
    """Great Expectations does not read this as a suite; the message is one line."""


def read(told: Any) -> list[Any]:
    """The expectations of what `to_json_dict` returned; raises SuiteError."""
    if not isinstance(told, dict) or not isinstance(told.get("expectations"), list):
        raise SuiteError(f"it returned {told!r:.60}")
    if not told["expectations"]:
        raise SuiteError("it returned a suite without expectations")
    found = []
    for one in told["expectations"]:
        try:
            found.append(ExpectationConfiguration(**one).to_domain_obj())
        except Exception as error:  # its own errors, pydantic's, a KeyError: all mean "no"
            first = " ".join(str(error).split())
            raise SuiteError(f"{one!r:.60} is not read: {first:.60}") from None
    return found


def failed(expectations: list[Any], frame: pd.DataFrame) -> Counter[str]:
    """How many expectations do not hold for the frame, by severity."""
    batch = _context().data_sources.pandas_default.read_dataframe(frame)
    seen = batch.validate(gx.ExpectationSuite(name="orders", expectations=expectations))
    failures = [result.expectation_config for result in seen.results if not result.success]
    return Counter(str(getattr(one.severity, "value", one.severity)) for one in failures)


@cache
def _context() -> Any:
    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return context
