"""Notebook files: exercises found by syntax, whatever an editor did to the page."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbook import pages, syntax
from workbook.errors import PageError
from workbook.workspace import parameters, set_parameter

quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ANSWER = '''@lab.exercise("load-day")
def load_day(con, day, batch):
    """Load one day."""
    con.execute("insert into t select * from batch")  # twice?
    return 1
'''


def code(source, **more):
    cell = {"cell_type": "code", "id": "c", "source": source, "metadata": {}, "outputs": []}
    return cell | {"execution_count": None} | more


def text(source):
    return {"cell_type": "markdown", "id": "m", "source": source, "metadata": {}}


def page(*cells):
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def ids(*sources):
    return [(f.exercise, f.cell, f.names) for f in pages.exercises(page(*map(code, sources)))]


class TestFinding:
    def test_a_decorated_function(self):
        (found,) = pages.exercises(page(text("# Load"), code("x = 1"), code(ANSWER)))
        assert (found.exercise, found.cell, found.names) == ("load-day", 2, ("load_day",))
        assert found.source == ANSWER

    @pytest.mark.parametrize(
        ("source", "found"),
        [
            ('@lab.exercise("a")\nclass A: pass', [("a", 0, ("A",))]),
            ('@lab.exercise("a")\nasync def f(): pass', [("a", 0, ("f",))]),
            ("@lab.exercise('a')\n@other\ndef f(): pass", [("a", 0, ("f",))]),
            ("@other(1)\n@lab.exercise('a')\ndef f(): pass", [("a", 0, ("f",))]),
            ('import x\n\nif True:\n    @lab.exercise("a")\n    def f(): pass', [("a", 0, ("f",))]),
            (
                '@lab.exercise("a")\ndef f(): pass\n@lab.exercise("a")\ndef g(): pass',
                [("a", 0, ("f", "g"))],
            ),
            (
                '@lab.exercise("a")\ndef f(): pass\n@lab.exercise("b")\ndef g(): pass',
                [("a", 0, ("f",)), ("b", 0, ("g",))],
            ),
            ('lab.exercise("a", """text""")', [("a", 0, ())]),
            ('lab.exercise("a", text="text")', [("a", 0, ())]),
            ('answer = "text"\nlab.exercise("a", answer)', [("a", 0, ())]),
        ],
    )
    def test_forms_of_registration(self, source, found):
        assert ids(source) == found

    @pytest.mark.parametrize(
        "source",
        [
            "",
            "def load_day(): pass",
            '# @lab.exercise("a")\ndef f(): pass',
            '"""\n@lab.exercise("a")\ndef f(): pass\n"""',
            'lab.check("a")',
            'lab.exercise("a")',
            'lab.solution("a", confirm=True)',
            "@lab.exercise\ndef f(): pass",
            "@lab.exercise(name)\ndef f(): pass",
            "@exercise('a')\ndef f(): pass",
            '@lab.exercise("a")\ndef f(:',
            '@lab.exercise("a")',
            "\0",
        ],
    )
    def test_what_is_none(self, source):
        assert ids(source) == []

    @pytest.mark.parametrize(
        "line",
        [
            "%load_ext autoreload",
            "!pip install duckdb",
            "files = !ls",
            "x = %pwd",
            "load_day?",
            "load_day??",
            "?load_day",
            "%timeit 1 + 1",
            "# is this right?",
            "if True:\n    !ls\n    %pwd",
        ],
    )
    def test_magics_and_shell_lines_beside_it(self, line):
        assert ids(f"{line}\n{ANSWER}") == [("load-day", 0, ("load_day",))]
        assert ids(f"{ANSWER}\n{line}") == [("load-day", 0, ("load_day",))]

    def test_magic_signs_within_texts_and_sums_are_no_magics(self):
        source = ANSWER + '\nx = """\n% not a magic\n! nor this\nwhat?\n"""\ny = (7\n  % 3)\n'
        assert ids(source) == [("load-day", 0, ("load_day",))]
        assert "% not a magic" in pages.digest(source)

    def test_under_a_cell_magic(self):
        assert ids("%%time\n" + ANSWER) == [("load-day", 0, ("load_day",))]

    def test_other_cells_may_be_broken(self):
        assert ids("def broken(:", ANSWER, "%%bash\nls", "") == [("load-day", 1, ("load_day",))]

    def test_markdown_is_not_code(self):
        assert pages.exercises(page(text(ANSWER))) == []

    def test_copied_cells_are_all_told_in_order(self):
        assert [cell for _, cell, _ in ids(ANSWER, "x = 1", ANSWER)] == [0, 2]

    def test_split_cells_are_both_told(self):
        first, second = '@lab.exercise("a")\ndef f(): pass', '@lab.exercise("a")\ndef g(): pass'
        assert ids(first, second) == [("a", 0, ("f",)), ("a", 1, ("g",))]

    def test_a_split_in_the_middle_leaves_what_parses(self):
        lines = ANSWER.splitlines(keepends=True)
        assert ids("".join(lines[:2]), "".join(lines[2:])) == []
        assert ids(lines[0], "".join(lines[1:])) == []

    def test_position_ids_metadata_and_outputs_do_not_count(self):
        moved = page(
            text("new"),
            code(
                ANSWER,
                id="other",
                metadata={"id": "colab", "collapsed": True},
                outputs=[{"output_type": "stream"}],
                execution_count=9,
            ),
        )
        del moved["cells"][1]["id"]
        (found,) = pages.exercises(moved)
        assert found.exercise == "load-day"

    def test_the_cells_that_every_answer_needs(self):
        tagged = code("seed: int = 7", metadata={"tags": ["parameters"]})
        opening = code("from workbook import open_lab\nlab = open_lab('step4', seed=seed)")
        again = code("lab = open_lab('step4')")
        cells = page(text("open_lab("), code(ANSWER), opening, tagged, again)
        assert pages.setup_cells(cells) == [tagged["source"], opening["source"]]


pieces = st.sampled_from(
    [
        '@lab.exercise("a")\n', "def f():\n", "    pass\n", "class A:\n", "%%time\n", "%pwd\n",
        "!ls\n", "x?\n", "(", ")", '"""', "'", "\\\n", "\0", "\t", "    ", "# what?\n", "x = 1\n",
        "if x:\n", "\x0c", "\u2028", "\ud800", "%", "?", "!", ";", "@", "\r", "f'{x", "}",
    ]
)  # fmt: skip
sources = st.one_of(st.text(max_size=40), st.lists(pieces, max_size=10).map("".join))


@quick
@given(sources)
def test_no_source_makes_the_page_fail(source):
    syntax.parse(source)
    assert pages.same(source, source)
    for found in pages.exercises(page(code(source))):
        assert found.source == source


class TestSame:
    @pytest.mark.parametrize(
        "edited",
        [
            ANSWER + "\n# a comment\n",
            "# a comment\n\n\n" + ANSWER,
            ANSWER.replace("# twice?", "# no"),
            ANSWER.replace("  # twice?", ""),
            ANSWER.replace("Load one day.", "Changed."),
            ANSWER.replace('    """Load one day."""\n', ""),
            ANSWER.replace("con, day, batch", "con,\n    day,\n    batch,\n"),
            ANSWER.replace("return 1", "return (1)"),
            ANSWER.replace('"load-day"', "'load-day'"),
            ANSWER.replace("\n    ", "\n  "),
            '"""A cell\'s own text."""\n' + ANSWER,
            ANSWER.rstrip() + ";",
        ],
    )
    def test_comments_layout_and_docstrings_are_no_edit(self, edited):
        assert edited != ANSWER
        assert pages.same(edited, ANSWER)

    @pytest.mark.parametrize(
        "edited",
        [
            ANSWER.replace("return 1", "return 2"),
            ANSWER.replace("insert into t", "insert into u"),
            ANSWER.replace("def load_day", "def load"),
            ANSWER.replace('    con.execute("insert into t select * from batch")', "    pass"),
            ANSWER.replace("con, day, batch", "con, day, batch=None"),
            ANSWER + "x = 1\n",
            ANSWER.replace("return 1", "return 1.0"),
            ANSWER.replace("return 1", "return True"),
            "",
            ANSWER.replace("return 1", "return ("),
        ],
    )
    def test_anything_else_is_one(self, edited):
        assert not pages.same(edited, ANSWER)

    def test_docstrings_of_classes_and_async_functions(self):
        for head in ("class A:", "async def f():", "def f():"):
            bare, told = f"{head}\n    x = 1", f'{head}\n    """Told."""\n    x = 1'
            assert pages.same(bare, told), head
            assert not pages.same(told.replace("x = 1", "x = 2"), told)

    def test_a_text_that_is_used_is_no_docstring(self):
        assert not pages.same('lab.exercise("a", "one")', 'lab.exercise("a", "two")')
        assert not pages.same("def f():\n    return 'one'", "def f():\n    return 'two'")
        assert not pages.same("x = 1\n'one'", "x = 1\n'two'")

    def test_what_does_not_parse_is_compared_as_text(self):
        assert pages.same("def f(:\n", "\ndef f(:")
        assert not pages.same("def f(:", "def g(:")

    def test_magics_count(self):
        assert pages.same("%pwd  \nx = 1", "%pwd\nx = 1  # comment")
        assert not pages.same("!ls\nx = 1", "!pwd\nx = 1")


class TestFiles:
    @pytest.fixture
    def file(self, tmp_path):
        return tmp_path / "04_page.ipynb"

    def test_written_and_read_again_it_is_the_same(self, file):
        made = page(text("# Ü\nline\n"), code(ANSWER), code(""), code("x = '\u2028\x0c'\r\ny = 1"))
        pages.write(file, made)
        assert pages.read(file) == made
        assert not list(file.parent.glob("*.part"))
        raw = json.loads(file.read_text(encoding="utf-8"))
        assert raw["cells"][1]["source"] == ANSWER.splitlines(keepends=True)

    @quick
    @given(
        st.lists(sources.filter(lambda s: s.isascii() or s.encode("utf-8", "ignore")), max_size=4)
    )
    def test_any_sources(self, tmp_path, cells):
        file = tmp_path / "any.ipynb"
        made = page(*[code(c.encode("utf-8", "ignore").decode()) for c in cells])
        pages.write(file, made)
        assert pages.read(file) == made

    def test_sources_as_one_text_are_read_too(self, file):
        file.write_text(json.dumps(page(code(ANSWER))), encoding="utf-8")
        assert pages.code_cells(pages.read(file)) == [ANSWER]

    @pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9, 0.99])
    def test_half_saved_it_is_said_in_one_line(self, file, share):
        pages.write(file, page(text("# Ü"), code(ANSWER)))
        content = file.read_bytes()
        file.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(PageError) as caught:
            pages.read(file)
        assert "04_page.ipynb is half saved or broken" in str(caught.value)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        "content",
        [
            b"[]", b"{}", b"null", b"7", b'"x"', b'{"cells": null}', b'{"cells": 7}',
            b'{"cells": [7]}', b'{"cells": [{}]}', b'{"cells": [{"source": []}]}',
            b'{"cells": [{"source": null, "cell_type": "code"}]}',
            b'{"cells": [{"source": [1], "cell_type": "code"}]}',
            b'{"cells": [{"source": [], "cell_type": 1}]}',
            b'{"worksheets": [], "nbformat": 3}',
        ],
    )  # fmt: skip
    def test_other_json_is_no_notebook(self, file, content):
        file.write_bytes(content)
        with pytest.raises(PageError, match="not a Jupyter notebook") as caught:
            pages.read(file)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("content", [b"\xff\xfe{\0}\0", b"\x80", b"<html>", b"{'cells': []}"])
    def test_other_files_are_broken(self, file, content):
        file.write_bytes(content)
        with pytest.raises(PageError, match="half saved or broken"):
            pages.read(file)

    def test_missing_or_a_folder(self, file):
        with pytest.raises(PageError, match="is not there"):
            pages.read(file)
        file.mkdir()
        with pytest.raises(PageError, match="cannot be read"):
            pages.read(file)

    def test_a_page_that_cannot_be_written_leaves_no_part(self, file):
        file.mkdir()
        (file / "kept").touch()
        with pytest.raises(PageError, match="cannot be written") as caught:
            pages.write(file, page(code("x = 1")))
        assert "\n" not in str(caught.value)
        assert [path.name for path in file.parent.rglob("*")] == [file.name, "kept"]

    def test_pages_without_ids_as_colab_saves_them(self, file):
        made = page(code(ANSWER), text("x"))
        for cell in made["cells"]:
            del cell["id"]
            cell["metadata"] = {"id": "AbC", "outputId": "x"}
        pages.write(file, made)
        (found,) = pages.exercises(pages.read(file))
        assert found.exercise == "load-day"
        assert pages.setup_cells(pages.read(file)) == []


output = st.one_of(
    st.fixed_dictionaries(
        {"output_type": st.just("stream"), "name": st.just("stdout"), "text": st.text(max_size=5)}
    ),
    st.fixed_dictionaries(
        {
            "output_type": st.just("execute_result"),
            "execution_count": st.integers(1, 99),
            "data": st.just({"text/plain": "1"}),
            "metadata": st.just({}),
        },
        optional={"transient": st.just({"display_id": "random"})},
    ),
)
words = st.lists(st.sampled_from(["parameters", "exercise", "core"]), max_size=3)
cells = st.one_of(
    st.builds(
        lambda source, tags, outputs, count: code(
            source,
            outputs=outputs,
            execution_count=count,
            metadata={"tags": tags, "papermill": {"duration": 1.5}, "scrolled": True},
        ),
        st.text(max_size=20),
        words,
        st.lists(output, max_size=3),
        st.one_of(st.none(), st.integers(1, 99)),
    ),
    st.text(max_size=20).map(text),
)


class TestCanonical:
    @quick
    @given(st.lists(cells, max_size=5))
    def test_is_idempotent_and_changes_no_cell(self, given_cells):
        made = page(*given_cells)
        before = copy.deepcopy(made)
        once = pages.canonical(made)
        assert pages.canonical(once) == once
        assert made == before, "the page given is left alone"
        assert [c["source"] for c in once["cells"]] == [c["source"] for c in made["cells"]]
        assert [c["cell_type"] for c in once["cells"]] == [c["cell_type"] for c in made["cells"]]

    @quick
    @given(st.lists(cells, max_size=5), st.integers(1, 50))
    def test_does_not_depend_on_counts_times_or_versions(self, given_cells, shift):
        one = page(*copy.deepcopy(given_cells))
        other = page(*copy.deepcopy(given_cells)) | {
            "nbformat_minor": 4,
            "metadata": {"language_info": {"version": "3.13"}, "widgets": {"x": 1}},
        }
        for cell in other["cells"]:
            if cell["cell_type"] == "code":
                cell["execution_count"] = shift
                cell["metadata"]["execution"] = {"iopub.execute_input": "now"}
                for shown in cell["outputs"]:
                    if "execution_count" in shown:
                        shown["execution_count"] = shift
                        shown["transient"] = {"display_id": str(shift)}
        assert pages.canonical(one) == pages.canonical(other)

    def test_counts_from_one_and_keeps_sorted_tags(self):
        result = {"output_type": "execute_result", "execution_count": 17, "data": {}}
        made = page(
            text("x"),
            code("1", execution_count=17, outputs=[result], metadata={"tags": ["b", "a"], "z": 1}),
            code("2", execution_count=3),
        )
        _, first, second = pages.canonical(made)["cells"]
        assert (first["execution_count"], second["execution_count"]) == (1, 2)
        assert first["outputs"][0]["execution_count"] == 1
        assert first["metadata"] == {"tags": ["a", "b"]}
        assert second["metadata"] == {}

    def test_survives_a_round_trip_through_a_file(self, tmp_path):
        once = pages.canonical(page(text("# Ü\n"), code(ANSWER)))
        pages.write(tmp_path / "page.ipynb", once)
        assert pages.canonical(pages.read(tmp_path / "page.ipynb")) == once


PARAMETERS = """seed: int = 7  # your own world
mode: str = "learner"
orders = 500
seed_count: int = 3
"""


def evaluated(source):
    tagged = code(source, metadata={"tags": ["parameters"]})
    return parameters(page(code("seed: int = 99"), tagged))


class TestSetParameter:
    def test_replaces_one_default_and_nothing_else(self):
        changed = set_parameter(PARAMETERS, "seed", 42)
        assert changed == PARAMETERS.replace("seed: int = 7  #", "seed: int = 42  #")
        assert evaluated(changed) == {"seed": 42, "mode": "learner", "seed_count": 3}

    def test_a_default_without_a_type(self):
        assert set_parameter(PARAMETERS, "orders", 1) == PARAMETERS.replace("500", "1")

    def test_a_name_that_is_not_there_changes_nothing(self):
        for name in ("nonsense", "see", "int", "ord", "learner"):
            assert set_parameter(PARAMETERS, name, 1) == PARAMETERS

    def test_only_the_first_and_only_at_the_start_of_a_line(self):
        source = "seed = 1\nseed = 2\nif seed == 3: pass\nother(seed=4)\n"
        assert set_parameter(source, "seed", 9) == source.replace("seed = 1", "seed = 9")

    @pytest.mark.parametrize("value", [0, -1, 1.5, True, None, "x", "it's", 'a "b"', "a#b", "\\1"])
    def test_any_plain_value_can_be_set_and_set_again(self, value):
        changed = set_parameter(PARAMETERS, "mode", value)
        assert evaluated(changed)["mode"] == value
        assert evaluated(set_parameter(changed, "mode", "learner"))["mode"] == "learner"
        assert evaluated(changed)["seed"] == 7

    @quick
    @given(st.integers() | st.text(st.characters(codec="utf-8")), st.integers())
    def test_in_general(self, value, seed):
        changed = set_parameter(set_parameter(PARAMETERS, "mode", value), "seed", seed)
        assert evaluated(changed) == {"seed": seed, "mode": value, "seed_count": 3}

    def test_at_the_very_end_and_with_windows_lines(self):
        assert set_parameter("seed: int = 7", "seed", 8) == "seed: int = 8"
        assert set_parameter("seed: int = 7\r\nx = 1\r\n", "seed", 8).split() == [
            "seed:", "int", "=", "8", "x", "=", "1",
        ]  # fmt: skip

    def test_parameters_are_read_only_from_the_tagged_cell(self):
        assert evaluated(PARAMETERS) == {"seed": 7, "mode": "learner", "seed_count": 3}
        assert parameters(page(code("seed: int = 99"))) == {}
        assert evaluated("seed: int\nmode: str = 'x'") == {"mode": "x"}
        assert evaluated("seed: int = (") == {}
