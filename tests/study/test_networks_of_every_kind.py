"""Networks of other kinds than the demo's go the whole way: built, checked, loaded, launched, and met in a trial."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray
from torch import nn

from earshot.bundle import check_bundle
from explainer.__main__ import main
from fixtures.networks.detector import make_detector
from study.models import Bundle
from study.services.bundles import bundle_load
from study.services.studies import study_launch, study_load
from tests.study.conftest import enrol, make_answer

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]
DETECTOR_RATE_HZ = 16_000

Samples = NDArray[np.float64]

TRAINED = """
[recipe]
name = "{architecture}"

[corpus]
name = "voices"
path = "{voices}"
layout = "audiomnist"
speakers = ["01", "02", "10"]
labels = ["0", "1", "2", "3"]

[split]
heldout_takes = [7]
heldout_speakers = ["10"]

[network]
architecture = "{architecture}"
seed = {seeds}
n_epochs = 2
batch_size = 16
n_threads = 1

[mask]
exponent = 4.0

[gate]
override = "trained for a second: a test of the way, not of the network"

[selection]
n_right = 2
n_wrong = 2
n_training = 2
seed = 1
exact = []
calipers = {{ duration_sd = "off", energy_kept_sd = "off", confidence_sd = "off" }}
"""

BROUGHT = """
[recipe]
name = "detector"

[corpus]
name = "made up"
path = "."
layout = "manifest"
manifest = "clips.csv"
labels = ["bona-fide", "spoof"]

[split]
heldout_takes = [0]
heldout_speakers = ["b"]

[network]
factory = "detector:make_detector"
weights = "detector.pt"
labels = ["bona-fide", "spoof"]
n_threads = 1

[network.input]
kind = "waveform"
scaling = "peak"
transform = { sample_rate_hz = 16000, n_samples = 16000, n_stft = 512, hop = 128 }

[gate]
override = "weights as they were drawn: a test of the way, not of the network"

[selection]
n_right = 2
n_wrong = 2
n_training = 2
seed = 1
exact = []
calipers = { duration_sd = "off", energy_kept_sd = "off", confidence_sd = "off" }
"""

STUDY = """
[study]
slug = "one-trial"
title = "What did the computer answer?"
language = "en"
bundle = "{bundle}"

[texts]
information = "i"
consent = "c"
debrief = "d"
contact = "c"

[[arms]]
name = "seen"
channel = "picture"

[[arms]]
name = "heard"
channel = "sound"

[[conditions]]
given = "original-and-word"
mask = "relevance"

[[conditions]]
given = "original-and-word"
mask = "control"

[training]
n_items = 2

[main]
n_right = 2
n_wrong = 2
"""


def write_detector_corpus(folder: Path) -> None:
    """Harmonic sounds and noise of three speakers, at 16 kHz in stereo FLAC, with a detector that tells them apart.

    Every other take has its label exchanged, so that the detector is right on half of the clips.
    """
    draws = np.random.default_rng(4)
    rows, signals = [], []
    for speaker, pitch_hz in (("a", 110.0), ("b", 160.0), ("c", 210.0)):
        for take in range(16):
            is_harmonic, is_exchanged = take % 2 == 0, take % 4 < 2
            signals.append(make_sound(pitch_hz * (1 + take / 20) if is_harmonic else None, draws=draws))
            name = f"{speaker}-{take}.flac"
            soundfile.write(folder / name, np.stack([signals[-1], signals[-1]], axis=1), DETECTOR_RATE_HZ)
            label = "bona-fide" if is_harmonic != is_exchanged else "spoof"
            rows.append({"path": name, "label": label, "speaker": speaker, "take": take})
    with (folder / "clips.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    shutil.copy(ROOT / "fixtures/networks/detector.py", folder / "detector.py")
    torch.save(detector_of(signals).state_dict(), folder / "detector.pt")


def make_sound(pitch_hz: float | None, *, draws: np.random.Generator) -> Samples:
    """.4 s of a harmonic sound, or of noise without a pitch."""
    time_s = np.arange(round(0.4 * DETECTOR_RATE_HZ)) / DETECTOR_RATE_HZ
    noise = draws.normal(size=len(time_s))
    harmonics = [np.sin(2 * np.pi * pitch_hz * n * time_s) / n for n in range(1, 12)] if pitch_hz else [noise]
    return np.asarray(0.1 * np.sum(harmonics, axis=0) * np.hanning(len(time_s)))


def detector_of(signals: list[Samples]) -> nn.Module:
    """A detector of drawn weights that tells harmonic sounds from noise, which are the signals in turn."""
    torch.manual_seed(0)
    detector = make_detector().eval()
    windows = torch.zeros(len(signals), 1, DETECTOR_RATE_HZ)
    for window, signal in zip(windows, signals, strict=True):
        first = (DETECTOR_RATE_HZ - len(signal)) // 2
        window[0, first : first + len(signal)] = torch.from_numpy(signal / abs(signal).max())
    output = detector[-1]
    assert isinstance(output, nn.Linear)
    with torch.no_grad():
        logits = detector(windows)
        margins = logits[:, 1] - logits[:, 0]
        output.bias[1] -= (margins[0::2].mean() + margins[1::2].mean()) / 2
    return detector


def build(recipe: Path, *, folder: Path) -> Path:
    out = folder / "bundle"
    places = ["--networks", str(folder / "networks"), "--work", str(folder / "work")]
    assert main(["build", str(recipe), "--out", str(out), *places]) == 0
    assert main(["check", str(out)]) == 0
    return out


def answer_one_trial(bundle: Bundle, *, label: str, folder: Path) -> None:
    """Launch a study on the bundle, enrol somebody, and answer the first trial."""
    path = folder / "study.toml"
    path.write_text(STUDY.format(bundle=bundle.name), encoding="utf-8")
    person = enrol(study_launch(study=study_load(path=path)).study)
    code = person.begin_current()
    assert person.answer(code, make_answer(answers={"answer": label, "confidence": 70})).status_code == 200
    assert person.n_responses() == 1


@pytest.mark.parametrize(("architecture", "seeds"), [("resnet-small", [2]), ("sincnet-small", [2, 3])])
def test_trained_networks_of_this_kind_are_met_in_a_trial(architecture: str, seeds: list[int], tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    text = TRAINED.format(architecture=architecture, seeds=seeds, voices=ROOT / "fixtures/voices")
    recipe.write_text(text, encoding="utf-8")
    folder = build(recipe, folder=tmp_path)
    manifest = check_bundle(folder)
    assert [network.name for network in manifest.networks] == [f"{architecture}-{seed}" for seed in seeds]
    assert {one.network for one in manifest.stimuli} == {network.name for network in manifest.networks}
    engine = {"resnet-small": "engine zennit", "sincnet-small": "engine direct"}[architecture]
    described = [text for network in manifest.networks for text in network.methods.values()]
    assert all(text.endswith(engine) for text in described)
    answer_one_trial(bundle_load(folder=folder)[0], label="1", folder=tmp_path)


def test_a_network_that_was_brought_is_met_in_a_trial(tmp_path: Path) -> None:
    write_detector_corpus(tmp_path)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(BROUGHT, encoding="utf-8")
    folder = build(recipe, folder=tmp_path)
    manifest = check_bundle(folder)
    assert manifest.labels == ["bona-fide", "spoof"]
    assert {one.picture.frequency_max_hz for stimulus in manifest.stimuli for one in stimulus.renditions} == {8000.0}
    answer_one_trial(bundle_load(folder=folder)[0], label="spoof", folder=tmp_path)
