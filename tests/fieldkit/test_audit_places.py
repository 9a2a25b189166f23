"""A finding names the line of the model's own file, whatever Jinja or dbt made of it."""

from __future__ import annotations

import json

import pytest

from fieldkit.audit import Settings
from fieldkit.audit.macros import Surroundings
from fieldkit.audit.project import File, Project
from fieldkit.audit.run import audit, of

CONFIG = "{{\n  config(\n    materialized='table',\n    tags=['nightly']\n  )\n}}\n"
LISTED = "{% set names = [\n  'a',\n  'b',\n] -%}\n"
MACRO = "{% macro recent(day) %}\n-- since March\n{{ day }} > date '2026-03-01'\n{% endmacro %}"


def line_of_order(text, macros=(), **settings):
    """The line that the finding `order-by` names, and the one on which the file has it."""
    told = Surroundings({"": dict(macros), "shop": {}}, project=True)
    (model,) = of(Project((File("m.sql", text),), surroundings=told), Settings(**settings)).models
    found = [f.line for f in model.findings if f.rule == "order-by"]
    own = next(n for n, row in enumerate(text.splitlines(), 1) if "order by" in row)
    return found, [own]


TEXTS = {
    "a config of several lines": CONFIG + "select id from t\norder by id",
    "a list of several lines": LISTED + "select id from t\norder by id",
    "a remark of Jinja": "{# one\ntwo #}\nselect id from t\norder by id",
    "a block that is not taken": (
        "select id\nfrom t\n{% if is_incremental() %}\nwhere id > 3\n{% endif %}\norder by id"
    ),
    "a loop": (
        CONFIG + LISTED + "select\n{% for n in names %}\n  {{ n }},\n{%- endfor %}\n  id\nfrom t\n"
        "order by id"
    ),
    "stripped on both sides": (
        CONFIG + "select id\n{%- if true -%}\n  , b\n{%- endif %}\norder by id"
    ),
    "a macro of several lines": "select id from t\nwhere {{ recent('day') }}\norder by id",
    "line ends of Windows": CONFIG.replace("\n", "\r\n") + "select 1\r\norder by 1",
    "a name of another alphabet": CONFIG + "select 'Zürich 東京' as city\nfrom t\norder by id",
    "text kept in a variable": (
        "{% set from %}\nfrom t\n{% endset %}\nselect id {{ from }}\norder by id"
    ),
    "no Jinja at all": "select id\nfrom t\norder by id",
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_a_finding_names_the_line_of_the_file(name):
    found, own = line_of_order(TEXTS[name], {"recent": MACRO})
    assert found == own


def test_a_text_that_cannot_be_parsed_is_named_by_its_line():
    text = CONFIG + "select id\nfrom t\nwhere (id = = 3"
    (model,) = of(Project((File("m.sql", text),)), Settings()).models
    assert model.verdict == "unparsed" and model.why.startswith("line 9: "), model.why


def test_what_is_compared_holds_no_marks():
    text = "{% set x %}a{% endset %}select {% if x == 'a' %}id{% else %}*{% endif %} from t"
    (model,) = of(Project((File("m.sql", text),)), Settings()).models
    assert not model.findings


def test_the_lines_of_compiled_sql_are_those_of_the_file(tmp_path):
    (tmp_path / "m.sql").write_text(
        CONFIG + "select id, *\nfrom {{ ref('t') }}\n{% if is_incremental() %}\nwhere id > 3\n"
        "{% endif %}\norder by id\n"
    )
    compiled = "\n\nselect id, *\nfrom lake.shop.t\n\norder by id"
    node = {"resource_type": "model", "original_file_path": "m.sql", "compiled_code": compiled}
    (tmp_path / "m.json").write_text(json.dumps({"nodes": {"model.shop.m": node}}))
    (model,) = audit(tmp_path, Settings(manifest=tmp_path / "m.json")).models
    told = {f.rule: f.line for f in model.findings}
    assert told == {"output-star": 7, "order-by": 12}
