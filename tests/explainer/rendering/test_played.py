"""What a network makes of the sounds that are played."""

import numpy as np
import pytest
import torch

from explainer.rendering.played import PlayedSound, measure_played, played_windows
from explainer.sounds.files import read_wav, write_wav
from explainer.sounds.signals import masked_signal
from tests.explainer.faithfulness import world

SPECTROGRAM, TRANSFORM = world.SPECTROGRAM, world.TRANSFORM


def make_played() -> list[PlayedSound]:
    """The original, its louder low tone, its high tone; each with another gain."""
    window = world.clip(low=1.0, high=0.6)
    spectrum = TRANSFORM.stft(torch.from_numpy(window)[None])[0]
    low, high = (masked_signal(spectrum, world.half_mask(half), transform=TRANSFORM) for half in ("low", "high"))
    gains_db = (-6.0, -3.0, 4.0)
    return [
        (world.write_sound(signal, gain_db=gain_db), gain_db)
        for signal, gain_db in zip((window, low, high), gains_db, strict=True)
    ]


def measure(played: list[PlayedSound], *, explained: int = 0) -> list[tuple[bool, float, float, float]]:
    found = measure_played(
        world.planted_network(),
        played,
        first_sample=world.first_sample(),
        explained=explained,
        labels=("low", "high"),
        network_input=SPECTROGRAM,
    )
    assert [one.answered_label == ("low", "high")[explained] for one in found] == [one.class_kept for one in found]
    return [(one.class_kept, one.confidence, one.confidence_original, one.confidence_removed) for one in found]


def test_windows_are_the_clips_without_their_gains() -> None:
    windows = played_windows(make_played(), first_sample=world.first_sample(), transform=TRANSFORM)
    window = world.clip(low=1.0, high=0.6)
    # resampling to 48 kHz and back loses what lies next to half the rate, and noise does; 16 bits lose 1.5e-5
    assert np.abs(windows[0] - window).max() < 2e-3
    assert np.abs(windows[1] + windows[2] - windows[0]).max() < 2e-4


def test_confidence_is_the_networks_probability_of_what_is_heard() -> None:
    played = make_played()
    windows = played_windows(played, first_sample=world.first_sample(), transform=TRANSFORM)
    with torch.no_grad():
        expected = torch.softmax(world.planted_network()(SPECTROGRAM.of(torch.from_numpy(windows).float())), dim=1)
    found = measure(played)
    # written with six decimals
    assert [one[1] for one in found] == pytest.approx(expected[:, 0].tolist(), abs=2e-6)
    assert {one[2] for one in found} == {found[0][1]}


def test_tone_that_is_answered_keeps_the_class_and_the_other_one_does_not() -> None:
    (original, low, high) = measure(make_played())
    assert (original[0], low[0], high[0]) == (True, True, False)


def test_removed_is_the_other_half_of_a_mask_and_its_complement() -> None:
    (_, low, high) = measure(make_played())
    # the two masks add up to the original: what one removes the other keeps
    assert low[3] == pytest.approx(high[1], abs=1e-3)
    assert high[3] == pytest.approx(low[1], abs=1e-3)


def test_original_leaves_silence() -> None:
    # the network's two logits are 0 in silence
    assert measure(make_played())[0][3] == 0.5


def test_explained_label_decides_what_is_kept() -> None:
    assert [one[0] for one in measure(make_played(), explained=1)] == [False, False, True]


def test_measuring_leaves_the_number_of_threads_alone() -> None:
    before = torch.get_num_threads()
    measure(make_played())
    assert torch.get_num_threads() == before


def test_no_sound_is_refused() -> None:
    with pytest.raises(ValueError, match="played is empty"):
        measure([])


def test_sound_outside_the_window_is_refused() -> None:
    with pytest.raises(ValueError, match=r"sound 0 lies at samples 1900 to .*; expected one length within 0 to 2000"):
        played_windows(make_played(), first_sample=1900, transform=TRANSFORM)


def test_sound_of_another_length_is_refused() -> None:
    original, *_ = make_played()
    shorter = (write_wav(read_wav(original[0])[:-600], gain_db=0.0), 0.0)
    with pytest.raises(ValueError, match="sound 1 lies at samples"):
        played_windows([original, shorter], first_sample=world.first_sample(), transform=TRANSFORM)
