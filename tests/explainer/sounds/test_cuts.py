"""Where a sound is cut out of the network's window."""

import numpy as np
import pytest

from explainer.sounds.cuts import cut_around
from explainer.timefrequency import AUDIOMNIST, Transform

_OTHER = Transform(sample_rate_hz=16_000, n_samples=16_384, n_stft=512, hop=128)


def test_cut_is_the_span_and_fifty_milliseconds_on_whole_hops() -> None:
    cut = cut_around(first_sample=2000, n_samples=3000, transform=AUDIOMNIST)
    assert cut.first_sample % 35 == 0
    assert 0 <= 2000 - 400 - cut.first_sample < 35
    assert 0 <= cut.first_sample + cut.n_samples - (2000 + 3000 + 400) < 35
    assert cut.first_sample == cut.first_frame * 35


def test_margin_is_a_time_whatever_the_rate() -> None:
    cut = cut_around(first_sample=4000, n_samples=3000, transform=_OTHER)
    assert cut.first_sample % 128 == 0
    assert 0 <= 4000 - 800 - cut.first_sample < 128


@pytest.mark.parametrize(("first_sample", "n_samples"), [(0, 8000), (0, 100), (7900, 100), (150, 7849)])
def test_cut_ends_with_the_window(first_sample: int, n_samples: int) -> None:
    cut = cut_around(first_sample=first_sample, n_samples=n_samples, transform=AUDIOMNIST)
    assert cut.first_sample >= 0
    assert cut.first_sample + cut.n_samples <= 8000
    assert cut.frames(np.zeros((228, AUDIOMNIST.n_frames))).shape == (228, cut.n_frames)
    assert len(cut.samples(np.zeros(8000))) == cut.n_samples


@pytest.mark.parametrize(("first_sample", "n_samples"), [(-1, 100), (7901, 100), (10, 0)])
def test_clip_outside_the_window_is_refused(first_sample: int, n_samples: int) -> None:
    with pytest.raises(ValueError, match=r"expected a place within 0 to 8000"):
        cut_around(first_sample=first_sample, n_samples=n_samples, transform=AUDIOMNIST)
