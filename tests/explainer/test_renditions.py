"""Renditions of real clips: the picture is the sound's, the sound holds its mask, and a set has one level."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray

from earshot.bundle import MEDIA_FOLDER, Stimulus
from earshot.files import sha256_bytes
from explainer import pictures
from explainer.networks import make_network
from explainer.relevance.controls import Unfair
from explainer.relevance.lrp import explain
from explainer.relevance.masks import live_cells
from explainer.renditions import (
    Prepared,
    RenderedRendition,
    SetSettings,
    common_settings,
    correlation,
    prepare,
    render,
)
from explainer.timefrequency import network_input
from tests.explainer.matching import mask_heard, mask_seen, matching_faults

_VOICES = Path(__file__).parents[2] / "fixtures" / "voices" / "data"
_CLIPS = ("01/3_01_0", "05/7_05_2", "09/1_09_4", "14/6_14_1")
_FIRST_SAMPLE = 1234


@cache
def _signals() -> NDArray[np.float32]:
    """The clips as a network hears them, float32, (clip, 8000 sample)."""
    signals = np.zeros((len(_CLIPS), 8000), dtype=np.float32)
    for signal, clip in zip(signals, _CLIPS, strict=True):
        samples = soundfile.read(_VOICES / f"{clip}.wav", dtype="float32")[0]
        signal[_FIRST_SAMPLE : _FIRST_SAMPLE + len(samples)] = samples
    return signals


def _n_samples(signal: NDArray[np.float32]) -> int:
    return int(np.flatnonzero(signal)[-1]) + 1 - _FIRST_SAMPLE


@cache
def _prepared() -> tuple[Prepared, ...]:
    """The clips prepared with real relevance; an untrained network's has the same grain as a trained one's."""
    network = make_network("alexnet-quarter", n_labels=10, seed=3).eval()
    inputs = network_input(torch.from_numpy(_signals()))
    relevance = explain(network, inputs, labels=network(inputs).argmax(1)).relevance.numpy()
    prepared = [
        prepare(signal, first_sample=_FIRST_SAMPLE, n_samples=_n_samples(signal), relevance=cells)
        for signal, cells in zip(_signals(), relevance, strict=True)
    ]
    fit = tuple(one for one in prepared if isinstance(one, Prepared))
    assert len(fit) >= 2, prepared
    return fit


@cache
def _rendered() -> tuple[SetSettings, tuple[dict[str, RenderedRendition], ...]]:
    common = common_settings(_prepared())
    return common, tuple({one.rendition.mask: one for one in render(ready, common=common)} for ready in _prepared())


def _gain_db(rendered: dict[str, RenderedRendition], mask: str) -> float:
    """What setting the level did to a rendition, re the original."""
    return rendered[mask].rendition.sound.gain_db - rendered["none"].rendition.sound.gain_db


def _mask_heard(rendered: dict[str, RenderedRendition], mask: str) -> NDArray[np.float64]:
    return mask_heard(rendered[mask].wav, original=rendered["none"].wav, gain_db=_gain_db(rendered, mask))


def _mask_seen(rendered: dict[str, RenderedRendition], mask: str) -> NDArray[np.float64]:
    return mask_seen(
        rendered[mask].png,
        original=rendered["none"].png,
        ceiling_db=rendered[mask].rendition.picture.ceiling_db,
        gain_db=_gain_db(rendered, mask),
    )


def _live(rendered: dict[str, RenderedRendition]) -> NDArray[np.bool_]:
    return live_cells(pictures.magnitudes_of(rendered["none"].wav))


@pytest.mark.parametrize("mask", ["relevance", "control"])
def test_mask_heard_is_the_mask_asked_for(mask: str) -> None:
    for ready, rendered in zip(_prepared(), _rendered()[1], strict=True):
        asked = {draft.mask: draft.cells for draft in ready.drafts}[mask]  # type: ignore[index]  # a literal above
        found = correlation(_mask_heard(rendered, mask), asked, live=_live(rendered))
        assert found >= 0.7
        assert rendered[mask].rendition.found_correlation == pytest.approx(found, abs=1e-5)


@pytest.mark.parametrize("mask", ["relevance", "control"])
def test_mask_heard_is_the_mask_seen(mask: str) -> None:
    for rendered in _rendered()[1]:
        heard, seen = _mask_heard(rendered, mask), _mask_seen(rendered, mask)
        assert correlation(heard, seen, live=_live(rendered)) >= 0.9


@pytest.mark.parametrize(("heard", "seen"), [("relevance", "control"), ("control", "relevance")])
def test_swapped_pair_is_told(heard: str, seen: str) -> None:
    for rendered in _rendered()[1]:
        swapped = correlation(_mask_heard(rendered, heard), _mask_seen(rendered, seen), live=_live(rendered))
        assert swapped < 0.9


def test_all_sounds_have_one_level_and_are_not_limited() -> None:
    common, stimuli = _rendered()
    for rendered in stimuli:
        for one in rendered.values():
            assert one.rendition.sound.level_lufs == pytest.approx(common.level_lufs, abs=0.1)
            assert one.rendition.sound.true_peak_dbtp <= -1
    peaks = [one.rendition.sound.true_peak_dbtp for rendered in stimuli for one in rendered.values()]
    assert max(peaks) > -1.5  # the level is the highest one that all reach


def test_renditions_of_a_stimulus_share_one_axis_of_time() -> None:
    for rendered in _rendered()[1]:
        durations = {one.rendition.sound.duration_ms for one in rendered.values()}
        durations |= {one.rendition.picture.duration_ms for one in rendered.values()}
        assert len(durations) == 1
        assert (
            len({(one.rendition.picture.width_px, one.rendition.picture.height_px) for one in rendered.values()}) == 1
        )


def test_no_picture_is_brighter_than_the_ceiling_and_one_comes_near_it() -> None:
    common, stimuli = _rendered()
    loudest = [
        pictures.read_picture(one.png, ceiling_db=common.ceiling_db).max()
        for rendered in stimuli
        for one in rendered.values()
    ]
    assert common.ceiling_db >= max(loudest) > common.ceiling_db - 1.5
    assert common.ceiling_db == round(common.ceiling_db) >= 0


def _write_stimulus(folder: Path, *, rendered: dict[str, RenderedRendition]) -> Stimulus:
    """The files of a stimulus as they stand in a bundle."""
    (folder / MEDIA_FOLDER).mkdir()
    for one in rendered.values():
        (folder / MEDIA_FOLDER / one.rendition.sound.file).write_bytes(one.wav)
        (folder / MEDIA_FOLDER / one.rendition.picture.file).write_bytes(one.png)
    return Stimulus(
        id="first",
        clip=_CLIPS[0],
        speaker="01",
        role="main",
        true_label="3",
        predicted_label="3",
        explained_label="3",
        probabilities={"3": 1.0},
        relevance_over_logit=1.0,
        renditions=[one.rendition for one in rendered.values()],
    )


def test_files_of_a_stimulus_match_by_themselves(tmp_path: Path) -> None:
    assert matching_faults(tmp_path, stimulus=_write_stimulus(tmp_path, rendered=_rendered()[1][0])) == []


def test_stimulus_with_swapped_pictures_is_found_out(tmp_path: Path) -> None:
    rendered = dict(_rendered()[1][0])
    relevance, control = rendered["relevance"].rendition, rendered["control"].rendition
    stimulus = _write_stimulus(tmp_path, rendered=rendered)
    swapped = [
        rendered["none"].rendition,
        relevance.model_copy(update={"picture": control.picture}),
        control.model_copy(update={"picture": relevance.picture}),
    ]
    faults = matching_faults(tmp_path, stimulus=stimulus.model_copy(update={"renditions": swapped}))
    assert any("sound of relevance and picture of relevance" in fault for fault in faults)
    assert any("sound of control and picture of control" in fault for fault in faults)


def test_files_are_named_by_their_content() -> None:
    for rendered in _rendered()[1]:
        for one in rendered.values():
            assert one.rendition.sound.file == f"{sha256_bytes(one.wav)}.wav"
            assert one.rendition.picture.file == f"{sha256_bytes(one.png)}.png"


def test_control_keeps_as_much_as_the_relevance() -> None:
    for rendered in _rendered()[1]:
        relevance, control = rendered["relevance"].rendition, rendered["control"].rendition
        assert control.energy_kept_share == pytest.approx(relevance.energy_kept_share, rel=0.1)
        assert control.overlap_share is not None
        assert control.overlap_share <= 0.5
        assert rendered["none"].rendition.mask_share == 1
        assert rendered["none"].rendition.energy_kept_share == 1


def test_rendering_again_gives_the_same_bytes() -> None:
    common, stimuli = _rendered()
    again = render(_prepared()[0], common=common)
    assert [(one.wav, one.png) for one in again] == [(one.wav, one.png) for one in stimuli[0].values()]


def test_silent_signal_is_unfit() -> None:
    silent = np.zeros(8000, dtype=np.float32)
    cells = np.ones((227, 227), dtype=np.float32)
    assert prepare(silent, first_sample=0, n_samples=8000, relevance=cells) == Unfair("the signal is silent")


def test_signal_without_positive_relevance_is_unfit() -> None:
    found = prepare(
        _signals()[0],
        first_sample=_FIRST_SAMPLE,
        n_samples=_n_samples(_signals()[0]),
        relevance=-np.ones((227, 227), dtype=np.float32),
    )
    assert found == Unfair("the relevance mask is empty")


def test_level_out_of_reach_is_refused() -> None:
    with pytest.raises(ValueError, match=r"does not reach -2\.0 LUFS; use common_settings of its set"):
        render(_prepared()[0], common=SetSettings(level_lufs=-2.0, ceiling_db=10.0))


def test_set_without_stimuli_is_refused() -> None:
    with pytest.raises(ValueError, match="there are no stimuli"):
        common_settings([])
