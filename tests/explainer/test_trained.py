from pathlib import Path

import numpy as np
import pytest

from explainer.networks import WEIGHTS_NAME
from explainer.recipe import Recipe, read_recipe
from explainer.recordings import LABELS, Clip, Heard, Recordings, Split
from explainer.trained import TrainedNetwork, network_key, trained_network

TINY = read_recipe(Path(__file__).parents[2] / "fixtures/recipes/tiny.toml")
FAST = TINY.model_copy(update={"network": TINY.network.model_copy(update={"n_epochs": 1, "batch_size": 5})})
CLIPS = tuple(Clip(f"{label}_{take}", Path("x"), label, "01", take) for take in range(2) for label in LABELS)
RECORDINGS = Recordings(name="noise", clips=CLIPS, sha256="0" * 64)
SPLIT = Split(training=tuple(range(10)), heldout_takes=(10, 11, 12), heldout_speakers=tuple(range(13, 20)))


def noise() -> Heard:
    draws = np.random.default_rng(2)
    signals = tuple(draws.standard_normal(1000).astype(np.float32) for _ in CLIPS)
    return Heard(CLIPS, signals, n_skipped_too_long=0, sample_rate_hz=8000)


def get_network(networks: Path, *, force: bool = False) -> TrainedNetwork:
    return trained_network(FAST, recordings=RECORDINGS, heard=noise(), split=SPLIT, networks=networks, force=force)


def test_network_describes_itself(tmp_path: Path) -> None:
    about = get_network(tmp_path).description
    assert about["labels"] == list(LABELS)
    assert (about["n_training_clips"], about["n_heldout_takes_clips"], about["n_heldout_speakers_clips"]) == (10, 3, 7)
    assert about["seed"] == FAST.network.seed
    assert 0 <= about["accuracy_heldout_takes"] <= 1


def test_network_is_trained_once(tmp_path: Path) -> None:
    first = get_network(tmp_path)
    written = (first.folder / WEIGHTS_NAME).stat().st_ino
    assert get_network(tmp_path).folder == first.folder
    assert (first.folder / WEIGHTS_NAME).stat().st_ino == written


@pytest.mark.parametrize("damage", [b"", b"no weights"])
def test_damaged_network_is_trained_again_to_the_same_weights(tmp_path: Path, damage: bytes) -> None:
    weights = get_network(tmp_path).folder / WEIGHTS_NAME
    content = weights.read_bytes()
    weights.write_bytes(damage)
    get_network(tmp_path)
    assert weights.read_bytes() == content


def with_network(**changes: int) -> Recipe:
    return TINY.model_copy(update={"network": TINY.network.model_copy(update=changes)})


def test_key_changes_with_all_that_decides_the_weights_and_nothing_else() -> None:
    key = network_key(TINY, recordings=RECORDINGS)
    other_selection = TINY.model_copy(update={"selection": TINY.selection.model_copy(update={"seed": 99})})
    assert network_key(other_selection, recordings=RECORDINGS) == key
    other_split = TINY.model_copy(update={"split": TINY.split.model_copy(update={"heldout_takes": [6]})})
    others = [
        network_key(with_network(n_epochs=99), recordings=RECORDINGS),
        network_key(with_network(seed=99), recordings=RECORDINGS),
        network_key(with_network(n_threads=9), recordings=RECORDINGS),
        network_key(other_split, recordings=RECORDINGS),
        network_key(TINY, recordings=Recordings(name="noise", clips=CLIPS, sha256="1" * 64)),
    ]
    assert len({key, *others}) == 6
