"""Reads an Iceberg table from a copy of its folder; needs pyiceberg with pyarrow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import StaticTable

FROM, TO = "fieldkit.from", "fieldkit.to"


class Relocated(PyArrowFileIO):  # type: ignore[misc]
    """Opens files of a table that was copied: its metadata names the absolute paths of before."""

    def new_input(self, location: str) -> Any:
        """The file at the copy's place."""
        return super().new_input(location.replace(self.properties[FROM], self.properties[TO], 1))


def batches(folder: Path, metadata: Path) -> Any:
    """The rows of the table's current snapshot, as an Arrow reader; deletes are applied."""
    location = json.loads(metadata.read_text(encoding="utf-8"))["location"].rstrip("/")
    properties = {
        "py-io-impl": f"{__name__}.Relocated",
        FROM: location,
        TO: folder.as_posix(),
    }
    return StaticTable.from_metadata(str(metadata), properties).scan().to_arrow_batch_reader()
