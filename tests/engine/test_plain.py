"""What may cross the answer boundary comes back equal, and nothing else crosses it."""

from __future__ import annotations

import datetime as dt
import enum
import json
import math
import shutil
import sys
from collections import Counter, OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbook.plain import NotPlain, Wire, copied, memory_backed

quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def judge(tmp_path):
    return Wire(tmp_path, judging=True)


@pytest.fixture
def answer(tmp_path):
    return Wire(tmp_path)


@pytest.fixture
def crossing(judge, answer):
    """Send a value from an answer to its judge, as JSON text."""
    return lambda value: judge.decode(json.loads(json.dumps(answer.encode(value))))


def same(one: Any, other: Any) -> bool:
    """Equal values of equal types, all the way down; NaN equals NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one), list(other)) and all(same(one[k], other[k]) for k in one)
    return one == other


zones = st.sampled_from([None, dt.UTC, dt.timezone(dt.timedelta(hours=5, minutes=45))])
hashable = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.binary(),
    st.dates(),
    st.datetimes(timezones=zones),
    st.timedeltas(),
    st.decimals(allow_nan=False),
)
plain = st.recursive(
    st.one_of(hashable, st.floats(), st.just(math.nan)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.one_of(hashable, st.tuples(hashable, hashable)), inner, max_size=4),
        st.sets(hashable, max_size=4),
        st.frozensets(hashable, max_size=4),
    ),
    max_leaves=20,
)


@quick
@given(plain)
def test_plain_data_comes_back_equal(crossing, value):
    assert same(crossing(value), value)


@quick
@given(st.sets(st.one_of(st.integers(), st.text()), max_size=8))
def test_one_set_has_one_form(answer, value):
    assert answer.encode(value) == answer.encode(set(reversed(list(value))))


@pytest.mark.parametrize(
    "value",
    [
        {"$": "handle", "v": "os:system", "with": {"command": "false"}},
        {"$": "dict", "v": []},
        [{"$": "frame", "v": "../../etc/passwd"}],
        "\ud800",
        "line\u2028separator\x00nul",
        -0.0,
        10**60,
        dt.timedelta.max,
        dt.timedelta.min,
        dt.timedelta(days=999_999_998, microseconds=1),
        dt.datetime.max,
        dt.datetime(2024, 10, 27, 2, 30, fold=1),
        Decimal("-0"),
        Decimal("Infinity"),
        Decimal("1E-300"),
        {(): 1, (1, (2, None)): [()]},
    ],
    ids=str,
)
def test_awkward_values(crossing, value):
    back = crossing(value)
    assert same(back, value)
    assert repr(back) == repr(value) or isinstance(value, dt.datetime)


def test_nan_stays_nan(crossing):
    assert math.isnan(crossing(Decimal("NaN")))
    assert math.isnan(crossing([float("nan")])[0])


class TestNumpyAndPandas:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (np.int64(5), 5),
            (np.uint8(5), 5),
            (np.float32(0.5), 0.5),
            (np.float64(0.1), 0.1),
            (np.bool_(True), True),
            (np.str_("x"), "x"),
            (np.bytes_(b"x"), b"x"),
            (np.datetime64("2024-05-01"), dt.date(2024, 5, 1)),
            (np.datetime64("2024-05-01T10:00:00"), dt.datetime(2024, 5, 1, 10)),
            (np.timedelta64(3, "s"), dt.timedelta(seconds=3)),
            (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
            (np.array(7), 7),
            (np.array(["a", None], dtype=object), ["a", None]),
            (pd.NA, None),
            (pd.NaT, None),
            (pd.Timestamp("2024-05-01 10:00"), dt.datetime(2024, 5, 1, 10)),
            (
                pd.Timestamp("2024-05-01 10:00", tz="UTC"),
                dt.datetime(2024, 5, 1, 10, tzinfo=dt.UTC),
            ),
            (pd.Timedelta("3s"), dt.timedelta(seconds=3)),
            (pd.Series([1, None, 3], dtype="Int64"), [1, None, 3]),
            (pd.Series(["a", None]), ["a", math.nan]),
            (pd.Series(pd.to_datetime(["2024-05-01", None])), [dt.datetime(2024, 5, 1), None]),
            ({np.int64(1): np.float64(2.0)}, {1: 2.0}),
        ],
        ids=repr,
    )
    def test_scalars_and_arrays_become_built_in(self, crossing, value, expected):
        assert same(crossing(value), expected)

    def test_a_row_of_a_frame(self, crossing):
        row = pd.DataFrame({"a": [1], "b": ["x"]}).iloc[0]
        assert crossing(row.to_dict()) == {"a": 1, "b": "x"}


FRAMES = {
    "nullable integers": pd.DataFrame({"a": pd.array([1, None, 2**62], dtype="Int64")}),
    "small nullable integers": pd.DataFrame({"a": pd.array([1, None], dtype="Int16")}),
    "unsigned": pd.DataFrame({"a": pd.array([1, None, 2**64 - 1], dtype="UInt64")}),
    "texts": pd.DataFrame({"a": ["x", None, "", "ü\u2028'\"\n"]}),
    "timestamps": pd.DataFrame({"a": pd.to_datetime(["2024-05-01 10:00:00.123456", None])}),
    "floats": pd.DataFrame({"a": [1.5, math.nan, -0.0, 1e300]}),
    "infinite": pd.DataFrame({"a": [math.inf, -math.inf]}),
    "booleans": pd.DataFrame({"a": [True, False]}),
    "no rows": pd.DataFrame({"a": pd.array([], dtype="Int64"), "b": pd.Series([], dtype=str)}),
    "nothing at all": pd.DataFrame(),
    "strange names": pd.DataFrame({'a "b"': ["x"], "select": ["y"], "ü;": ["z"]}),
    "several": pd.DataFrame(
        {
            "n": pd.array([1, None], dtype="Int64"),
            "f": [0.5, math.nan],
            "t": ["x", None],
            "d": pd.to_datetime(["2024-05-01", None]),
        }
    ),
}


class TestFrames:
    @pytest.mark.parametrize("name", FRAMES)
    def test_come_back_equal(self, crossing, name):
        frame = FRAMES[name]
        pd.testing.assert_frame_equal(crossing(frame), frame, check_dtype=False)
        for column in frame.columns:
            if str(frame[column].dtype) in ("Int64", "Int16", "UInt64"):
                assert crossing(frame)[column].dtype == frame[column].dtype

    @pytest.mark.parametrize("name", FRAMES)
    def test_are_the_same_after_a_second_crossing(self, crossing, name):
        once = crossing(FRAMES[name])
        pd.testing.assert_frame_equal(crossing(once), once)

    @settings(quick, max_examples=15)
    @given(
        st.lists(
            st.tuples(
                st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
                st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=5)),
                st.one_of(
                    st.none(), st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1))
                ),
                st.floats(),
            ),
            max_size=5,
        )
    )
    def test_any_rows(self, crossing, rows):
        columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
        frame = pd.DataFrame(
            {
                "n": pd.array(columns[0], dtype="Int64"),
                "t": pd.Series(columns[1], dtype="str"),
                "d": pd.Series(columns[2], dtype="datetime64[us]"),
                "f": pd.Series(columns[3], dtype="float64"),
            }
        )
        back = crossing(frame)
        assert str(back["n"].dtype) == "Int64"
        # Texts that are all missing come back as objects: DuckDB's own choice.
        pd.testing.assert_frame_equal(back.astype({"t": "str"}), frame, check_dtype=False)

    def test_large_integers_beside_nulls_and_floats_stay_whole(self, crossing):
        frame = pd.DataFrame({"a": pd.array([2**62 + 1, None], dtype="Int64"), "b": [0.5, 1.5]})
        assert crossing(frame)["a"].tolist()[0] == 2**62 + 1

    def test_the_index_does_not_cross(self, crossing):
        frame = pd.DataFrame({"a": [1, 2]}, index=["x", "y"])
        assert crossing(frame).index.tolist() == [0, 1]

    def test_frames_within_data(self, crossing):
        back = crossing({"tables": [FRAMES["texts"], (1, FRAMES["floats"])]})
        pd.testing.assert_frame_equal(back["tables"][0], FRAMES["texts"], check_dtype=False)
        assert back["tables"][1][0] == 1

    def test_a_frame_that_changed_is_sent_as_it_is_now(self, crossing):
        frame = pd.DataFrame({"a": pd.array([1], dtype="Int64")})
        assert crossing(frame)["a"].tolist() == [1]
        frame.loc[0, "a"] = 2
        assert crossing(frame)["a"].tolist() == [2]

    def test_a_judge_writes_a_frame_once(self, judge, answer, tmp_path):
        frame = pd.DataFrame({"a": [1]})
        sent = judge.encode([frame, {"x": frame}])
        assert len(list(tmp_path.iterdir())) == 1
        first, second = answer.decode(sent)
        first.loc[0, "a"] = 99
        assert second["x"]["a"].tolist() == [1], "each receiver has a copy of its own"

    @pytest.mark.parametrize(
        "frame",
        [
            pd.DataFrame({"a": [object()]}),
            pd.DataFrame({"a": [lambda: 1]}),
            pd.DataFrame({"a": ["\ud800"]}, dtype=object),
            pd.DataFrame({"a": [1 + 2j]}),
        ],
        ids=["object", "function", "surrogate", "complex"],
    )
    def test_what_parquet_cannot_hold_is_refused_or_made_text(self, crossing, frame):
        try:
            back = crossing(frame)
        except NotPlain as error:
            assert "parquet" in str(error)
        else:
            assert all(type(value) in (str, float) for value in back["a"])


class Agreeing:
    """Claims to be equal to everything."""

    def __eq__(self, _other: object) -> bool:
        return True

    def __ne__(self, _other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        raise AssertionError("the judge asked an answer's object for its repr")


def agreeing(base: type, *args: Any) -> Any:
    return type("Yes" + base.__name__, (Agreeing, base), {})(*args)


class TestObjectsOfTheAnswer:
    @pytest.mark.parametrize(
        ("base", "args"),
        [
            (int, (5,)),
            (float, (0.5,)),
            (str, ("x",)),
            (bytes, (b"x",)),
            (list, ([1],)),
            (tuple, ([1],)),
            (dict, ({"a": 1},)),
            (set, ([1],)),
            (frozenset, ([1],)),
            (Decimal, ("1.5",)),
            (dt.date, (2024, 5, 1)),
            (dt.datetime, (2024, 5, 1, 10)),
            (dt.timedelta, (1, 2, 3)),
        ],
        ids=lambda value: getattr(value, "__name__", ""),
    )
    def test_claiming_to_be_equal_is_stripped_or_refused(self, crossing, base, args):
        value = agreeing(base, *args)
        assert value == "anything at all"
        for wrapped in (value, [value], {"k": value}, (value,)):
            try:
                back = crossing(wrapped)
            except NotPlain:
                continue
            assert "Yes" not in str([type(v) for v in _leaves(back)])
            assert back != "anything at all"

    def test_as_keys_and_in_sets(self, crossing):
        value = agreeing(int, 5)
        assert [type(key) for key in crossing({value: 1})] == [int]
        assert [type(item) for item in crossing({value})] == [int]
        assert crossing({value}) == {5}
        assert crossing({value}) != {6}

    def test_an_overridden_conversion_is_not_asked(self, crossing):
        class Liar(int):
            def __int__(self) -> int:
                raise AssertionError

            __index__ = __str__ = __float__ = __int__  # type: ignore[assignment]

        class Items(dict):
            def items(self) -> Any:
                raise AssertionError

            __iter__ = keys = items  # type: ignore[assignment]

        assert crossing([Liar(5), Items(a=1)]) == [5, {"a": 1}]

    def test_that_claim_another_class_are_refused(self, crossing):
        class Pretender:
            __class__ = int  # type: ignore[assignment]

        class Stranger:
            __module__ = None  # type: ignore[assignment]

        for value in (Pretender(), Stranger(), Agreeing(), object(), int, len, lambda: 1, ...):
            with pytest.raises(NotPlain):
                crossing(value)

    @pytest.mark.parametrize(
        "value",
        [1j, range(3), iter([1]), (n for n in []), ValueError("x"), pd.Index([1]), pytest],
        ids=lambda value: type(value).__name__,
    )
    def test_other_things_are_refused_with_a_line(self, crossing, value):
        with pytest.raises(NotPlain) as caught:
            crossing({"deep": [value]})
        assert "not plain data" in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_what_list_makes_plain_says_so(self, crossing):
        with pytest.raises(NotPlain, match=r"^a dict_keys is not plain data; write list\(…\) ar"):
            crossing({}.keys())

    def test_what_holds_itself_is_refused(self, crossing):
        ring: list[Any] = []
        ring.append(ring)
        with pytest.raises(NotPlain):
            crossing(ring)

    def test_friendly_subclasses_pass_as_what_they_are(self, crossing):
        Point = namedtuple("Point", "x y")
        colour = enum.IntEnum("colour", "RED GREEN")
        grouped = defaultdict(list, {"a": [1]})
        assert same(crossing(Point(1, 2)), (1, 2))
        assert same(crossing(colour.GREEN), 2)
        assert same(crossing(grouped), {"a": [1]})
        assert same(crossing(Counter("aab")), {"a": 2, "b": 1})
        assert same(crossing(OrderedDict(b=1, a=2)), {"b": 1, "a": 2})


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value, *(leaf for pair in value.items() for item in pair for leaf in _leaves(item))]
    if isinstance(value, list | tuple | set | frozenset):
        return [value, *(leaf for item in value for leaf in _leaves(item))]
    return [value]


@dataclass
class Tap:
    """A handle with fields of its own and some that are not sent."""

    place: str
    limit: int = 3
    tables: tuple[str, ...] = ()
    _opened: bool = field(default=False, init=False)

    def open(self, turn: Any) -> Tap:
        self._opened = True
        return self

    def close(self) -> None:
        """Nothing to release."""

    def evidence(self) -> dict[str, Any]:
        return {"opened": self._opened}


class TestHandles:
    def test_go_to_the_answer_unopened(self, judge, answer):
        tap = Tap("there", tables=("a", "b"))
        tap.open(None)
        sent = json.loads(json.dumps(judge.encode({"tap": tap, "n": 1})))
        got = answer.decode(sent)
        assert got["n"] == 1
        assert (got["tap"].place, got["tap"].limit, got["tap"].tables) == ("there", 3, ("a", "b"))
        assert got["tap"].evidence() == {"opened": False}

    def test_never_come_from_an_answer(self, judge, answer):
        with pytest.raises(NotPlain):
            answer.encode(Tap("there"))
        forged = {"$": "handle", "v": "os:getcwdb", "with": {}}
        for value in (forged, [forged], {"$": "dict", "v": [["k", forged]]}):
            with pytest.raises(NotPlain):
                judge.decode(value)

    def test_with_fields_that_are_not_plain_cannot_be_sent(self, judge):
        with pytest.raises(NotPlain):
            judge.encode(Tap(object()))  # type: ignore[arg-type]


class TestCopied:
    def test_what_the_answer_changes_the_judge_does_not_see(self):
        frame = pd.DataFrame({"a": [1]})
        given_data = {"l": [1, {"x": [2]}], "t": ([3],), "s": {4}, "f": frame}
        mine = copied(given_data)
        mine["l"][1]["x"].append(9)
        mine["t"][0].append(9)
        mine["s"].add(9)
        mine["f"].loc[0, "a"] = 9
        mine["new"] = 1
        assert given_data["l"] == [1, {"x": [2]}]
        assert given_data["t"] == ([3],)
        assert given_data["s"] == {4}
        assert frame["a"].tolist() == [1]
        assert "new" not in given_data

    def test_handles_stay_themselves(self):
        tap = Tap("there")
        assert copied([tap])[0] is tap


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such a folder")
@pytest.mark.parametrize(("free", "kept"), [(2 * 2**20, False), (60 * 2**20, True)])
def test_a_small_memory_folder_is_left_alone(monkeypatch, free, kept):
    """Containers begin with 64 MB of it, some with less: a database there would be cut off."""
    room = shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: room)
    assert (memory_backed() is not None) is kept
