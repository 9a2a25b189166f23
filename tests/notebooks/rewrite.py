"""Executes the pages and writes them in the form that is committed: `make notebooks`."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from workbook import pages

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "notebooks").glob("*.ipynb"))


def executed(path: Path, parameters: dict[str, Any] | None = None) -> pages.Page:
    """The page's canonical form after a run in an empty folder; raises on an error in a cell."""
    from workbook import workspace

    page = pages.read(path)
    for cell in page["cells"]:
        if "parameters" in pages.tags(cell):
            for name, value in (parameters or {}).items():
                cell["source"] = workspace.set_parameter(cell["source"], name, value)
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    notebook = nbformat.from_dict(page)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=300,
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": folder}},
        )
        # As a page that lies in no workspace: what it keeps there would be told in its outputs.
        client.execute(env={k: v for k, v in os.environ.items() if not k.startswith("WORKBOOK")})
    return pages.canonical(notebook)


def main() -> int:
    """Rewrite every page; says which ones changed."""
    for path in PAGES:
        before = path.read_bytes()
        pages.write(path, executed(path))
        print(f"{path.name}: {'changed' if path.read_bytes() != before else 'unchanged'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
