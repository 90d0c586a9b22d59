"""A table of the user's about photos: found by their names, whichever column has them."""

from __future__ import annotations

import pytest

from core.data.dataset import Item
from core.data.labels.tables.columns import columns_by_photo
from core.errors import DatasetError

ITEMS = [Item("a/cat/1.jpg", "one", 0), Item("a/cat/2.jpg", "two", 0), Item("b/dog/2.jpg", "three", 1)]


@pytest.mark.parametrize(
    "text",
    [
        "file,age,site\na/cat/1.jpg,7,north\nb/dog/2.jpg,9,\n",
        "age;site;id\n7;north;a/cat/1.jpg\n9;;b/dog/2.jpg\n",
        "\ufefffile\tage\tsite\na/cat/1.jpg\t7\tnorth\nb/dog/2.jpg\t9\t\n".lstrip("\ufeff"),
    ],
)
def test_columns_by_photo(text: str):
    assert columns_by_photo(text, ITEMS) == {"age": {"one": "7", "three": "9"}, "site": {"one": "north", "three": ""}}


def test_short_names_count_where_only_one_photo_has_them():
    found = columns_by_photo("name,age\n1,7\n2,8\n", ITEMS)
    assert found == {"age": {"one": "7"}}  # two photos are called 2


def test_the_first_row_about_a_photo_counts_and_a_column_without_a_heading_has_its_number():
    assert columns_by_photo("file,\n1.jpg,x\n1.jpg,y\n", ITEMS) == {"column 2": {"one": "x"}}


@pytest.mark.parametrize("text", ["", "just a line", "file,age\nother.jpg,3\n", "file\n1.jpg\n"])
def test_what_names_no_photo_is_refused(text: str):
    with pytest.raises(DatasetError, match="names a photo that is here"):
        columns_by_photo(text, ITEMS)
