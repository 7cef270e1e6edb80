import io
from typing import Literal

import pytest
from PIL import Image

from explainer.accuracies.confusion_picture import draw_confusion

CONFUSION = [[8, 2], [0, 5]]


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_equal_matrices_give_equal_bytes(kind: Literal["svg", "png"]) -> None:
    one, other = (draw_confusion(CONFUSION, labels=["male", "female"], kind=kind) for _ in range(2))
    assert one == other
    assert one != draw_confusion([[8, 2], [1, 5]], labels=["male", "female"], kind=kind)


def test_svg_has_every_count_and_label_and_no_date() -> None:
    picture = draw_confusion(CONFUSION, labels=["male", "female"], kind="svg").decode()
    for text in (">8<", ">2<", ">5<", ">male<", ">female<", ">true label<", ">answer of the network<"):
        assert text in picture
    assert "date" not in picture
    assert ">0<" not in picture


def test_png_is_one_and_says_nothing_of_its_software() -> None:
    with Image.open(io.BytesIO(draw_confusion(CONFUSION, labels=["a", "b"], kind="png"))) as picture:
        assert picture.format == "PNG"
        assert "Software" not in picture.info


def test_matrix_of_other_labels_is_refused() -> None:
    with pytest.raises(ValueError, match=r"confusion has shape \(2, 2\); expected a row and a column for 3 labels"):
        draw_confusion(CONFUSION, labels=["a", "b", "c"], kind="svg")
