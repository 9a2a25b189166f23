"""A Great Expectations suite as plain data, run over small frames by Great Expectations itself."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections import Counter
from functools import cache, lru_cache
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
    """How many expectations do not hold for the frame, by severity.

    What Great Expectations said of one and the same frame is not asked again.
    """
    held = _seen(hashlib.sha256(pickle.dumps(frame)).digest())
    keys = [_key(one.configuration) for one in expectations]
    asked = {key: one for key, one in zip(keys, expectations, strict=True) if key not in held}
    said = _said(list(asked.values()), frame) if asked else []
    held.update({_key(one.expectation_config): bool(one.success) for one in said})
    if not held.keys() >= set(keys):  # it tells one of them otherwise than it was asked
        said = _said(expectations, frame)
        return _counted([one.expectation_config for one in said if not one.success])
    return _counted([one for key, one in zip(keys, expectations, strict=True) if not held[key]])


def _said(expectations: list[Any], frame: pd.DataFrame) -> list[Any]:
    """What Great Expectations says of each expectation, in an order of its own."""
    batch = _frames().get_batch(batch_parameters={"dataframe": frame})
    suite = gx.ExpectationSuite(name="orders", expectations=expectations)
    return list(batch.validate(suite, result_format="BOOLEAN_ONLY").results)


def _counted(wrong: list[Any]) -> Counter[str]:
    return Counter(str(getattr(one.severity, "value", one.severity)) for one in wrong)


def _key(configuration: Any) -> str:
    """What decides whether an expectation holds: all but its severity and batch."""
    told = configuration.to_json_dict()
    kwargs = {name: value for name, value in told["kwargs"].items() if name != "batch_id"}
    return json.dumps([told["type"], kwargs], sort_keys=True)


@lru_cache(maxsize=64)
def _seen(frame: bytes) -> dict[str, bool]:
    """Which expectations hold for a frame, as far as they were tried."""
    return {}


@cache
def _frames() -> Any:
    """What a frame becomes a batch of: made once, since a context writes all it has as YAML."""
    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas("frames")
    return source.add_dataframe_asset("orders").add_batch_definition_whole_dataframe("whole")
