"""The house: arrows between packages, no import cycles, and the budgets of the code."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from pathlib import Path
from statistics import median, quantiles

import networkx as nx
import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("workbook", "classroom", "fieldkit", "labs")
ALLOWED = {
    "workbook": set(),
    "classroom": {"workbook", "fieldkit"},
    "fieldkit": set(),
    "labs": {"workbook", "fieldkit"},
}
MODULES = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "answers" not in path.parts
)
# Not a test for each module: a thousand tests cost more than what they do.
PACKAGE = pytest.mark.parametrize("package", PACKAGES)
VAGUE = {"utils", "helpers", "common", "misc", "manager", "util", "helper"}


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def _imports(path: Path, *, typing: bool = False) -> frozenset[str]:
    """Modules of ours that are imported when the module runs; with `typing`, for types too."""
    tree = _tree(path)
    guarded = (
        set()
        if typing
        else {
            inner.lineno
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for inner in ast.walk(node)
            if isinstance(inner, ast.Import | ast.ImportFrom)
        }
    )
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.lineno not in guarded and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import) and node.lineno not in guarded:
            found |= {alias.name for alias in node.names}
    return frozenset(name for name in found if name.split(".")[0] in PACKAGES)


def _modules(package: str) -> list[Path]:
    found = [path for path in MODULES if _name(path).split(".")[0] == package]
    assert found, package
    return found


@PACKAGE
def test_arrows(package):
    for path in _modules(package):
        others = {name.split(".")[0] for name in _imports(path)} - {package}
        assert others <= ALLOWED[package], path
        labs = {".".join(n.split(".")[:2]) for n in _imports(path) if n.startswith("labs.step")}
        assert all(_name(path).startswith(lab) for lab in labs), f"a lab knows no other: {path}"


def test_no_import_cycle_not_even_for_types():
    known = {_name(path) for path in MODULES}
    graph = nx.DiGraph()
    # `from workbook import X` reaches X's home lazily; such a package itself imports nothing, and
    # its names are repeated for the type checker alone.
    faces = {_name(path) for path in MODULES if "_HOMES" in path.read_text(encoding="utf-8")}
    for path in MODULES:
        own = faces | {_name(path)}
        imported = _imports(path, typing=_name(path) not in faces)
        graph.add_edges_from((_name(path), target) for target in imported & known - own)
    assert list(nx.simple_cycles(graph)) == []


SHARED = {"state", "runs", "report"}
FIRST = {"__init__", "cli", "run", "found", "story"}


def test_the_engine_is_flat():
    folders = [p.name for p in (ROOT / "workbook").iterdir() if p.is_dir()]
    assert set(folders) <= {"__pycache__"}


def _instruments() -> set[str]:
    found = {p.parent.name for p in (ROOT / "fieldkit").glob("*/__init__.py")}
    return found - SHARED


def test_instruments_have_the_same_first_files():
    for name in _instruments():
        there = {path.stem for path in (ROOT / "fieldkit" / name).glob("*.py")}
        assert there >= FIRST, name


def test_no_instrument_imports_another():
    others = {name: {f"fieldkit.{o}" for o in _instruments() - {name}} for name in _instruments()}
    for path in MODULES:
        home = _name(path).split(".")
        if home[0] == "fieldkit" and len(home) > 1 and home[1] in others:
            reached = {".".join(n.split(".")[:2]) for n in _imports(path)}
            assert not reached & others[home[1]], path
        elif home[0] == "fieldkit" and len(home) > 1 and home[1] in SHARED:
            reached = {n.split(".")[1] for n in _imports(path) if n.count(".")}
            assert not reached & _instruments(), path


@PACKAGE
def test_a_module_says_what_lives_there(package):
    for path in _modules(package):
        told = ast.get_docstring(_tree(path))
        assert told and len(told.splitlines()[0]) > 15, path
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path
        assert not VAGUE & set(_name(path).split(".")), path


def _functions(path: Path) -> list[ast.FunctionDef]:
    return [n for n in ast.walk(_tree(path)) if isinstance(n, ast.FunctionDef)]


def test_functions_are_short():
    for package in PACKAGES:
        lengths = [
            f.end_lineno - f.lineno + 1 for path in _modules(package) for f in _functions(path)
        ]
        if len(lengths) > 10:
            assert median(lengths) <= 10
            assert quantiles(lengths, n=10)[-1] <= 30


@PACKAGE
def test_public_functions_are_annotated_and_documented(package):
    for path in _modules(package):
        for function in _functions(path):
            given = function.args
            arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs]
            named = [a for a in arguments if a.arg not in ("self", "cls")]
            assert all(a.annotation for a in named), (path, function.name)
            assert function.returns, (path, function.name)
        for node in _tree(path).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), (path, node.name)


def test_engine_names_no_lab():
    for path in (ROOT / "workbook").glob("*.py"):
        assert "step4" not in path.read_text(encoding="utf-8")


def test_importing_the_engine_loads_nothing_heavy():
    heavy = (
        "duckdb pandas numpy matplotlib IPython nbformat papermill great_expectations rich typer"
    )
    code = f"import sys, workbook; print([m for m in {heavy.split()!r} if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
