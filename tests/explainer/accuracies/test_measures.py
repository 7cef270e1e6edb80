import pytest
import torch

from explainer.accuracies.measures import measure, wilson_interval


def test_share_and_confusion_are_counted() -> None:
    logits = torch.tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 0.5], [3.0, -1.0, 0.0], [0.0, 1.0, 2.0]])
    found = measure(logits, labels=[0, 1, 1, 2])
    assert (found.n_clips, found.n_right, found.share) == (4, 3, 0.75)
    assert found.confusion == [[1, 0, 0], [1, 1, 0], [0, 0, 1]]


@pytest.mark.parametrize(
    ("n_right", "n", "low", "high"),
    [
        # R 4.2.2: options(digits=10); prop.test(n_right, n, correct=FALSE)$conf.int
        (15, 20, 0.5312991224, 0.8881382986),
        (0, 10, 0.0, 0.2775327999),
        (10, 10, 0.7224672001, 1.0),
        (184, 200, 0.8740105117, 0.9501594141),
    ],
)
def test_interval_is_wilsons(n_right: int, n: int, low: float, high: float) -> None:
    # as many digits as R printed
    assert list(wilson_interval(n_right, n=n)) == pytest.approx([low, high], abs=1e-10)


@pytest.mark.parametrize(("n_logits", "labels"), [(0, []), (2, [1])])
def test_no_clips_or_another_number_of_labels_are_refused(n_logits: int, labels: list[int]) -> None:
    with pytest.raises(ValueError, match=f"labels are {len(labels)} for {n_logits} clips"):
        measure(torch.zeros(n_logits, 2), labels=labels)
