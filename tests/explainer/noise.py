"""Recordings of noise, for tests of what is done with clips, whatever they hold."""

from pathlib import Path

import numpy as np

from explainer.corpora.clips import Clip, Recordings
from explainer.corpora.hearing import Heard


def noise(labels: tuple[str, ...], *, n_takes: int, sample_rate_hz: int = 8000) -> Heard:
    """`n_takes` clips of each label by one speaker, an eighth of a second each; ordered by take, then by label."""
    draws = np.random.default_rng(2)
    clips = tuple(Clip(f"{label}_{take}", Path("x"), label, "01", take) for take in range(n_takes) for label in labels)
    signals = tuple(draws.standard_normal(sample_rate_hz // 8).astype(np.float32) for _ in clips)
    return Heard(
        Recordings(name="noise", clips=clips, labels=labels, sha256="0" * 64, label_column="digit"),
        signals,
        n_skipped_too_long=0,
        n_mixed_to_mono=0,
        sample_rate_hz=sample_rate_hz,
        recorded_rate_hz=sample_rate_hz,
    )
