"""The CSV that names photos: what is read, and which line is wrong."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selvage.errors import CsvInvalid
from selvage.process import csvfile

CELL = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=("Cs", "Cc")), max_size=20)


@given(
    rows=st.lists(st.tuples(CELL, st.integers(1, 99), CELL), max_size=8),
    delimiter=st.sampled_from(",;\t"),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_what_a_spreadsheet_writes_is_read_back(rows: list[tuple[str, int, str]], delimiter: str, newline: str) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline)
    writer.writerow(["file", "sku", "image_no", "category"])
    for index, (name, number, category) in enumerate(rows):
        writer.writerow([f"{index}{name}.jpg", f"SKU{index}", number, category])
    read, problems = csvfile.parse(text.getvalue())
    assert problems == []
    expected = [
        (f"{index}{name}.jpg".strip(), f"SKU{index}", str(number), category.strip())
        for index, (name, number, category) in enumerate(rows)
    ]
    assert [(row.file, row.sku, row.image_no, row.category) for row in read] == expected


@given(text=st.text(max_size=200))
def test_no_text_makes_it_stumble(text: str) -> None:
    rows, problems = csvfile.parse(text)
    assert rows or problems or text.splitlines()[1:] == [] or all(not line.strip() for line in text.splitlines()[1:])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: the column file is missing"),
        ("file,sku\na.jpg,A", "line 1: the column image_no is missing"),
        ("file,sku,image_no,colour\n", "line 1: the column colour is unknown"),
        ("file,sku,sku,image_no\n", "line 1: the column sku stands there twice"),
        ("file,sku,image_no\na.jpg,A,1,x\n", "line 2: 4 cells, the first line has 3"),
        ("file,sku,image_no\n\na.jpg,,1\n", "line 3: sku is empty"),
        ("file,sku,image_no,tier\na.jpg,A,1,gold\n", "line 2: tier is 'gold'; it is hero, bulk or empty"),
        ("file,sku,image_no\na.jpg,A,1\nb.jpg,a,1\n", "line 3: a image 1 stands in line 2 already"),
    ],
)
def test_problems_name_their_line(text: str, problem: str) -> None:
    assert problem in csvfile.parse(text)[1]


def test_names_become_safe_and_the_number_defaults_to_one(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("﻿file;sku;image_no;Tier\nÄ.jpg;Röck/7;;HERO\n".encode())
    (row,) = csvfile.read(path)
    assert (row.sku, row.image_no, row.tier) == ("Rock-7", "1", "hero")


def test_rows_find_their_photos_by_path_or_by_unambiguous_name(tmp_path: Path) -> None:
    rows, _ = csvfile.parse("file,sku,image_no\nx\\1.jpg,A,1\n2.jpg,A,2\n")
    found = csvfile.assign(rows, ["x/1.jpg", "y/1.jpg", "y/2.jpg"], tmp_path)
    assert {name: row.image_no for name, row in found.items()} == {"x/1.jpg": "1", "y/2.jpg": "2"}
    rows, _ = csvfile.parse("file,sku,image_no\n1.jpg,A,1\n3.jpg,A,2\n2.jpg,A,3\ny/2.jpg,A,4\n")
    with pytest.raises(CsvInvalid) as caught:
        csvfile.assign(rows, ["x/1.jpg", "y/1.jpg", "y/2.jpg"], tmp_path / "list.csv")
    for text in ("line 2: 1.jpg is in several", "line 3: there is no photo 3.jpg", "line 5: y/2.jpg stands in line 4"):
        assert text in caught.value.message


def test_files_that_are_no_csv_are_refused_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"file,sku,image_no\n\xff\xfe\n")
    with pytest.raises(CsvInvalid, match="not UTF-8"):
        csvfile.read(path)
    with pytest.raises(CsvInvalid, match="cannot be read"):
        csvfile.read(tmp_path / "none.csv")
