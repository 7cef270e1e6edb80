"""Tables of an export, from bytes to typed columns."""

import pytest

from analysis.tables import find_column_faults, parse_table, typed_frame
from earshot.dataset import Column

COLUMNS = (
    Column("name", "string", "text"),
    Column("kind", "string", "one of two", levels=("a", "b")),
    Column("count", "integer", "whole"),
    Column("share", "number", "real"),
    Column("flag", "boolean", "yes or no"),
    Column("at", "time", "when"),
)
HEADER = "name,kind,count,share,flag,at"
GOOD = "x,a,-3,0.25,true,2024-05-01T10:00:00.5+00:00"


def faults_of(row: str) -> list[str]:
    table, faults = parse_table(f"{HEADER}\n{row}\n".encode(), name="data/x_data.csv")
    if table is None:
        return faults
    return find_column_faults(table, columns=COLUMNS)


def test_columns_get_their_types() -> None:
    table, faults = parse_table(f"{HEADER}\n{GOOD}\n,,,,,\n".encode(), name="data/x_data.csv")
    assert table is not None
    assert faults == []
    frame = typed_frame(table, columns=COLUMNS)
    assert [str(frame[name].dtype) for name in ("count", "share", "flag")] == ["Int64", "Float64", "boolean"]
    assert str(frame["at"].dtype).endswith("UTC]")
    assert frame.iloc[0].tolist()[:5] == ["x", "a", -3, 0.25, True]
    assert frame.iloc[1].isna().all()


def test_a_good_row_has_no_fault() -> None:
    assert faults_of(GOOD) == []


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("x,c,1,0.1,true,2024-05-01T10:00:00Z", "expected one of a, b"),
        ("x,a,1.0,0.1,true,2024-05-01T10:00:00Z", "'count' has '1.0' in line 2; expected a whole number"),
        ("x,a,1,nan,true,2024-05-01T10:00:00Z", "expected a finite number"),
        ("x,a,1,1e999,true,2024-05-01T10:00:00Z", "expected a finite number"),
        ("x,a,1,0.1,True,2024-05-01T10:00:00Z", "expected true or false"),
        ("x,a,1,0.1,true,2024-05-01T10:00:00", "expected an ISO-8601 time in UTC"),
        ("x,a,1,0.1,true,2024-05-01T10:00:00+02:00", "expected an ISO-8601 time in UTC"),
        ("x,a,1,0.1,true", "line 2 has 5 cells, the header 6"),
    ],
)
def test_a_wrong_cell_is_named(row: str, expected: str) -> None:
    (fault,) = faults_of(row)
    assert expected in fault


def test_further_wrong_cells_are_counted() -> None:
    table, _ = parse_table(b"count\nx\ny\n3\nz\n", name="t")
    assert table is not None
    assert "'x' in line 2 (and in 2 more)" in find_column_faults(table, columns=COLUMNS[2:3])[0]


def test_a_repeated_name_in_the_header_is_refused() -> None:
    table, faults = parse_table(b"a,b,a\n1,2,3\n", name="t")
    assert table is None
    assert faults == ["t: column 'a' stands 2 times in the header; each name may stand once"]


@pytest.mark.parametrize(
    ("content", "expected"), [(b"", "no header line"), (b"a\n\xff\n", "no UTF-8 text"), (b'a\n"x\n', "no CSV")]
)
def test_what_is_no_table_is_refused(content: bytes, expected: str) -> None:
    table, (fault,) = parse_table(content, name="t")
    assert table is None
    assert expected in fault


def test_missing_and_surplus_columns_are_named() -> None:
    table, _ = parse_table(b"name,other\nx,1\n", name="t")
    assert table is not None
    faults = find_column_faults(table, columns=COLUMNS[:2])
    assert faults[0] == "t: column 'kind' is missing"
    assert faults[1].startswith("t: column 'other' is surplus")
