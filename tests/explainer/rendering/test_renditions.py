"""Renditions of real clips: the picture is the sound's, the sound holds its mask, and a set has one level."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from earshot.bundle import MEDIA_FOLDER, Stimulus
from earshot.files import sha256_bytes
from explainer.pictures.levels import magnitudes_of
from explainer.pictures.spectrogram import read_picture
from explainer.relevance.masks import live_cells
from explainer.rendering.drafts import Prepared, correlation, prepare
from explainer.rendering.levels import Common, find_common, reach
from explainer.rendering.renditions import RenderedRendition, render
from explainer.sounds.files import read_wav
from explainer.sounds.levels import level_lufs, true_peak_dbtp
from explainer.timefrequency import AUDIOMNIST
from tests.explainer.matching import mask_heard, mask_seen, matching_faults
from tests.explainer.rendering.clips import CLIPS, placed_clips, prepared_clips

Rendered = dict[str, RenderedRendition]


def common_of(prepared: tuple[Prepared, ...]) -> Common:
    return find_common([[reach(draft) for draft in one.drafts] for one in prepared], policy="normalised")


@cache
def _rendered() -> tuple[Common, tuple[Rendered, ...]]:
    common = common_of(prepared_clips())
    stimuli = []
    for prepared, gains_db in zip(prepared_clips(), common.gains_db, strict=True):
        rendered = render(
            prepared, gains_db=gains_db, ceiling_db=common.ceiling_db, more_pictures=["overlay", "waveform", "mask"]
        )
        stimuli.append({str(one.rendition.mask): one for one in rendered})
    return common, tuple(stimuli)


def wav(one: RenderedRendition) -> bytes:
    return one.files[one.rendition.sound.file]


def png(one: RenderedRendition) -> bytes:
    return one.files[one.rendition.picture.file]


def _gain_db(rendered: Rendered, mask: str) -> float:
    """What setting the level did to a rendition, re the original."""
    return rendered[mask].rendition.sound.gain_db - rendered["none"].rendition.sound.gain_db


def _mask_heard(rendered: Rendered, mask: str) -> NDArray[np.float64]:
    return mask_heard(
        wav(rendered[mask]), original=wav(rendered["none"]), gain_db=_gain_db(rendered, mask), transform=AUDIOMNIST
    )


def _mask_seen(rendered: Rendered, mask: str) -> NDArray[np.float64]:
    return mask_seen(
        png(rendered[mask]),
        original=png(rendered["none"]),
        ceiling_db=rendered[mask].rendition.picture.ceiling_db,
        gain_db=_gain_db(rendered, mask),
    )


def _live(rendered: Rendered) -> NDArray[np.bool_]:
    return live_cells(magnitudes_of(wav(rendered["none"]), transform=AUDIOMNIST))


@pytest.mark.parametrize("mask", ["relevance", "control"])
def test_mask_heard_is_the_mask_asked_for(mask: str) -> None:
    for prepared, rendered in zip(prepared_clips(), _rendered()[1], strict=True):
        (asked,) = [draft.asked.cells for draft in prepared.drafts if draft.asked.mask == mask]
        found = correlation(_mask_heard(rendered, mask), asked, live=_live(rendered))
        assert found >= 0.7
        assert rendered[mask].rendition.found_correlation == pytest.approx(found, abs=1e-5)
        error_db = rendered[mask].rendition.found_error_db
        assert error_db is not None
        assert 0 < error_db < 6


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


def test_level_and_true_peak_are_those_of_the_written_file() -> None:
    for rendered in _rendered()[1]:
        for one in rendered.values():
            written = read_wav(wav(one))
            assert one.rendition.sound.level_lufs == pytest.approx(level_lufs(written), abs=0.01)
            assert one.rendition.sound.true_peak_dbtp == pytest.approx(true_peak_dbtp(written), abs=0.01)


def test_renditions_of_a_stimulus_share_their_axes() -> None:
    for rendered in _rendered()[1]:
        every = [one.rendition for one in rendered.values()]
        pictures = [picture for one in every for picture in (one.picture, *one.more_pictures)]
        assert len({one.sound.duration_ms for one in every} | {picture.duration_ms for picture in pictures}) == 1
        assert len({(picture.width_px, picture.height_px) for picture in pictures}) == 1


def test_further_pictures_are_drawn_of_masks_only() -> None:
    for rendered in _rendered()[1]:
        assert rendered["none"].rendition.more_pictures == []
        for mask in ("relevance", "control"):
            kinds = [picture.kind for picture in rendered[mask].rendition.more_pictures]
            assert kinds == ["overlay", "waveform", "mask"]


def test_alternative_texts_are_the_same_for_relevance_and_control() -> None:
    for rendered in _rendered()[1]:
        relevance, control = (rendered[mask].rendition for mask in ("relevance", "control"))
        texts = [
            [picture.alternative_text for picture in (one.picture, *one.more_pictures)] for one in (relevance, control)
        ]
        assert texts[0] == texts[1]
        assert all(texts[0])


def test_no_picture_is_brighter_than_the_ceiling_and_one_comes_near_it() -> None:
    common, stimuli = _rendered()
    loudest = [
        read_picture(png(one), ceiling_db=common.ceiling_db).max() for rendered in stimuli for one in rendered.values()
    ]
    assert common.ceiling_db >= max(loudest) > common.ceiling_db - 1.5
    assert common.ceiling_db == round(common.ceiling_db) >= 0


def _write_stimulus(folder: Path, *, rendered: Rendered) -> Stimulus:
    """The files of a stimulus as they stand in a bundle."""
    (folder / MEDIA_FOLDER).mkdir()
    for one in rendered.values():
        for name, content in one.files.items():
            (folder / MEDIA_FOLDER / name).write_bytes(content)
    return Stimulus(
        id="first",
        clip=CLIPS[0],
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
    stimulus = _write_stimulus(tmp_path, rendered=_rendered()[1][0])
    assert matching_faults(tmp_path, stimulus=stimulus, transform=AUDIOMNIST) == []


def test_stimulus_with_swapped_pictures_is_found_out(tmp_path: Path) -> None:
    rendered = dict(_rendered()[1][0])
    relevance, control = rendered["relevance"].rendition, rendered["control"].rendition
    stimulus = _write_stimulus(tmp_path, rendered=rendered)
    swapped = [
        rendered["none"].rendition,
        relevance.model_copy(update={"picture": control.picture}),
        control.model_copy(update={"picture": relevance.picture}),
    ]
    stimulus = stimulus.model_copy(update={"renditions": swapped})
    faults = matching_faults(tmp_path, stimulus=stimulus, transform=AUDIOMNIST)
    assert any("sound of relevance and picture of relevance" in fault for fault in faults)
    assert any("sound of control and picture of control" in fault for fault in faults)


def test_files_are_named_by_their_content() -> None:
    for rendered in _rendered()[1]:
        for one in rendered.values():
            for name, content in one.files.items():
                assert name.partition(".")[0] == sha256_bytes(content)


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
    again = render(
        prepare_again(),
        gains_db=common.gains_db[0],
        ceiling_db=common.ceiling_db,
        more_pictures=["overlay", "waveform", "mask"],
    )
    assert [one.files for one in again] == [one.files for one in stimuli[0].values()]


def prepare_again() -> Prepared:
    """The first clip's drafts made a second time from what was asked."""
    prepared_clips.cache_clear()
    return prepared_clips()[0]


def test_an_original_alone_is_prepared_and_rendered() -> None:
    prepared = prepare(placed_clips()[0], asked=[])
    assert isinstance(prepared, Prepared)
    (one,) = render(prepared, gains_db=[0.0], ceiling_db=0.0)
    assert one.rendition.form == "original"
    assert one.rendition.method is None
