"""The columns that say how a trial was met."""

import re
from pathlib import Path

from earshot.circumstances import Circumstances
from earshot.dataset_circumstances import circumstances_cells, circumstances_columns

SCRIPTS = Path(__file__).parents[2] / "study/static/participant"
NEEDED = {"answered_ms": 5.0, "viewport_width_px": 390, "viewport_height_px": 844, "pixel_ratio": 3.0}


def test_every_circumstance_has_a_concealed_column_of_its_type_and_unit() -> None:
    columns = {column.name: column for column in circumstances_columns()}
    assert list(columns) == list(Circumstances.model_fields)
    assert all(column.concealed and column.description for column in columns.values())
    whole = {name for name, field in Circumstances.model_fields.items() if "int" in str(field.annotation)}
    assert {name for name, column in columns.items() if column.data_type == "integer"} == whole
    units = {name: columns[name].unit for name in ("opened_ms", "heard_s", "sample_rate_hz", "viewport_width_px")}
    assert units == {"opened_ms": "ms", "heard_s": "s", "sample_rate_hz": "Hz", "viewport_width_px": "px"}
    assert columns["n_cut"].unit is None


def test_cells_are_those_stored_and_unknown_where_nothing_was() -> None:
    stored = Circumstances(**NEEDED, n_cut=2).model_dump()
    assert circumstances_cells(stored) == stored
    assert set(circumstances_cells({}).values()) == {None}


def test_the_page_s_types_name_every_circumstance() -> None:
    types = (SCRIPTS / "types.js").read_text(encoding="utf-8")
    blocks = re.findall(r"@typedef \{object\} (?:Surroundings|CircumstancesOfRun)\n(.*?)\*/", types, re.DOTALL)
    named = [name for block in blocks for name in re.findall(r"@property \{[^}]*\} (\w+)", block)]
    assert sorted(named) == sorted(Circumstances.model_fields)
