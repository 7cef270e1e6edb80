from functools import partial
from pathlib import Path

import pytest

from earshot.errors import RecipeError
from earshot.files import Strict
from explainer.batches.store import Store, store_key


class Number(Strict):
    number: int


def made(_: Path, *, number: int) -> Number:
    return Number(number=number)


def test_a_finished_batch_is_not_made_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    made: list[Path] = []

    def make(folder: Path) -> Number:
        made.append(folder)
        (folder / "file.bin").write_bytes(b"content")
        return Number(number=7)

    first = store.finish("stage", 3, model=Number, make=make)
    again = store.finish("stage", 3, model=Number, make=make)
    assert first == again == Number(number=7)
    assert len(made) == 1
    assert (store.batch("stage", 3) / "file.bin").read_bytes() == b"content"


def test_an_interrupted_batch_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")

    def make(folder: Path) -> Number:
        (folder / "half.bin").write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.finish("stage", 0, model=Number, make=make)
    assert list((tmp_path / "store").iterdir()) == []


def test_stages_and_numbers_are_apart(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in (0, 1):
        for stage in ("one", "other"):
            store.finish(stage, number, model=Number, make=partial(made, number=number))
    assert len(list(tmp_path.iterdir())) == 4
    assert store.read("other", 1, model=Number) == Number(number=1)


def test_a_damaged_result_is_named_with_the_way_out(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.finish("stage", 0, model=Number, make=lambda _: Number(number=1))
    (store.batch("stage", 0) / "result.json").write_bytes(b"{")
    with pytest.raises(RecipeError, match=r"is no JSON .* to start the build anew"):
        store.read("stage", 0, model=Number)


def test_a_cleared_store_is_gone(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    store.finish("stage", 0, model=Number, make=lambda _: Number(number=1))
    store.clear()
    assert not store.folder.exists()
    store.clear()  # twice is no error


def test_a_key_depends_on_every_part() -> None:
    assert store_key({"a": 1, "b": 2}) == store_key({"b": 2, "a": 1})
    assert store_key({"a": 1, "b": 2}) != store_key({"a": 1, "b": 3})
