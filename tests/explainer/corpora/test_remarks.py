from dataclasses import replace
from pathlib import Path

import numpy as np

from explainer.corpora.clips import Recordings
from explainer.corpora.hearing import Heard
from explainer.corpora.layouts import find_recordings
from explainer.corpora.remarks import describe_left_out
from explainer.corpora.splits import split_clips
from explainer.sections.corpus import SplitSection
from tests.explainer.corpora.miniature import corpus_section


def heard_of(recordings: Recordings) -> Heard:
    signals = tuple(np.ones(1, dtype=np.float32) for _ in recordings.clips)
    return Heard(
        recordings,
        signals,
        n_skipped_too_long=0,
        n_mixed_to_mono=0,
        sample_rate_hz=8000,
        recorded_rate_hz=48_000,
    )


def test_nothing_is_said_where_every_clip_is_used(miniature: Path) -> None:
    heard = heard_of(find_recordings(miniature, section=corpus_section()))
    split = split_clips(heard.recordings, section=SplitSection(heldout_speakers=["36"]))
    assert describe_left_out(heard, split=split) == []


def test_every_clip_left_out_is_counted_under_its_reason(miniature: Path) -> None:
    recordings = find_recordings(miniature, section=corpus_section(label="sex"))
    heard = replace(heard_of(replace(recordings, n_other_labels=3)), n_skipped_too_long=4, n_mixed_to_mono=5)
    split = split_clips(heard.recordings, section=SplitSection(by="official", fold=0))
    assert describe_left_out(heard, split=split) == [
        "3 clips left out: their sex is none of corpus.labels",
        "4 clips skipped: longer than the window",
        "5 clips mixed to mono",
        "144 clips left out: their speakers are in no fold",  # 36 men with four clips each
    ]


def test_copies_left_out_are_counted(miniature: Path) -> None:
    heard = heard_of(find_recordings(miniature, section=corpus_section()))
    split = split_clips(heard.recordings, section=SplitSection(heldout_takes=[1, 20, 29]))
    assert describe_left_out(heard, split=split) == [
        "2 clips left out: their bytes are those of a clip in another part of the split"
    ]
