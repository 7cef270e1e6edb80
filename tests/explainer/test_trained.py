"""A recipe's networks: trained once, found again, gone on with after an interruption; or brought."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from earshot.errors import RecipeError
from explainer.corpora.splits import Split
from explainer.networks.files import DESCRIPTION_NAME, WEIGHTS_NAME
from explainer.recipe import read_recipe
from explainer.sections.corpus import SplitSection
from explainer.sections.network import NetworkSection
from explainer.trained import Task, TrainedNetwork, network_hashes, pick_clips, trained_networks, training_key
from explainer.training.fitting import Lesson, train_network
from explainer.training.settings import training_settings
from fixtures.networks.detector import make_detector
from tests.explainer.noise import noise

FIXTURES = Path(__file__).parents[2] / "fixtures"
TINY = read_recipe(FIXTURES / "recipes/tiny.toml")
LABELS = tuple("0123456789")
SPLIT = Split(training=tuple(range(10)), heldout_takes=(10, 11, 12), heldout_speakers=tuple(range(13, 20)))
TRANSFORM = {"sample_rate_hz": 16000, "n_samples": 16000, "n_stft": 512, "hop": 128}


def task(**network: Any) -> Task:
    fields = {"architecture": "audionet-small", "seed": 1, "n_epochs": 2, "batch_size": 5, "n_threads": 1} | network
    recipe = TINY.model_copy(update={"network": NetworkSection.model_validate(fields)})
    return Task(recipe=recipe, recipe_folder=FIXTURES / "recipes", heard=noise(LABELS, n_takes=2), split=SPLIT)


def detector_task(folder: Path, **network: Any) -> Task:
    shutil.copy(FIXTURES / "networks/detector.py", folder)
    torch.manual_seed(2)
    torch.save(make_detector().state_dict(), folder / "detector.pt")
    fields = {
        "factory": "detector:make_detector",
        "weights": "detector.pt",
        "labels": ["bona-fide", "spoof"],
        "input": {"kind": "waveform", "transform": TRANSFORM},
        "n_threads": 1,
    }
    return Task(
        recipe=TINY.model_copy(update={"network": NetworkSection.model_validate(fields | network)}),
        recipe_folder=folder,
        heard=noise(("bona-fide", "spoof"), n_takes=3, sample_rate_hz=16000),
        split=Split(training=(0, 1), heldout_takes=(2, 3, 4, 5)),
    )


def get_one(wanted: Task, *, networks: Path, force: bool = False) -> TrainedNetwork:
    (network,) = trained_networks(wanted, networks=networks, force=force)
    return network


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_network_describes_itself(tmp_path: Path) -> None:
    about = get_one(task(), networks=tmp_path).description
    assert (about.architecture, about.seed, about.labels) == ("audionet-small", 1, list(LABELS))
    assert about.n_training_clips == 10
    assert about.validation is None
    assert about.heldout_takes is not None
    assert about.heldout_speakers is not None
    assert (about.heldout_takes.n_clips, about.heldout_speakers.n_clips) == (3, 7)
    assert sum(map(sum, about.heldout_speakers.confusion)) == 7


def test_network_is_trained_once(tmp_path: Path) -> None:
    first = get_one(task(), networks=tmp_path)
    written = (first.folder / WEIGHTS_NAME).stat().st_ino
    assert get_one(task(), networks=tmp_path).folder == first.folder
    assert (first.folder / WEIGHTS_NAME).stat().st_ino == written


def test_forced_training_ends_in_the_same_bytes(tmp_path: Path) -> None:
    first = get_one(task(), networks=tmp_path)
    before = contents(first.folder)
    get_one(task(), networks=tmp_path, force=True)
    assert contents(first.folder) == before


@pytest.mark.parametrize("name", [WEIGHTS_NAME, DESCRIPTION_NAME])
@pytest.mark.parametrize("damage", [b"", b"no weights"])
def test_damaged_network_is_trained_again_to_the_same_bytes(tmp_path: Path, name: str, damage: bytes) -> None:
    folder = get_one(task(), networks=tmp_path).folder
    before = contents(folder)
    (folder / name).write_bytes(damage)
    get_one(task(), networks=tmp_path)
    assert contents(folder) == before


def test_each_seed_gives_a_network(tmp_path: Path) -> None:
    networks = trained_networks(task(seed=[1, 2]), networks=tmp_path)
    assert [network.description.seed for network in networks] == [1, 2]
    assert len({network_hashes(network.folder)[WEIGHTS_NAME] for network in networks}) == 2
    assert networks[0].folder == get_one(task(), networks=tmp_path).folder


def interrupt(wanted: Task, *, checkpoint: Path) -> None:
    """Leave behind what a training interrupted after its first epoch does."""

    def stop(n_done: int) -> None:
        raise KeyboardInterrupt

    signals, labels = pick_clips(wanted.heard, indices=wanted.split.training)
    (settings,) = training_settings(wanted.recipe.network)
    with pytest.raises(KeyboardInterrupt):
        train_network(Lesson(signals, labels, 10), settings=settings, checkpoint=checkpoint, on_epoch=stop)


def test_interrupted_training_goes_on_to_the_same_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = get_one(task(), networks=tmp_path / "whole").folder
    networks = tmp_path / "interrupted"
    checkpoint = networks / f"{whole.name}.checkpoint"
    interrupt(task(), checkpoint=checkpoint)
    assert checkpoint.is_file()
    folder = get_one(task(), networks=networks).folder
    assert "training goes on after 2 of 4 iterations" in capsys.readouterr().out
    assert contents(folder) == contents(whole)
    assert [path.name for path in networks.iterdir()] == [folder.name]


@pytest.mark.parametrize("force", [True, False])
def test_state_of_another_recipe_or_before_a_forced_training_is_ignored(
    tmp_path: Path, force: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    (settings,) = training_settings(task().recipe.network)
    interrupt(task(), checkpoint=tmp_path / f"{training_key(task(), settings=settings)}.checkpoint")
    get_one(task() if force else task(seed=2), networks=tmp_path, force=force)
    assert "training goes on" not in capsys.readouterr().out


def key_of(wanted: Task) -> str:
    (settings,) = training_settings(wanted.recipe.network)
    return training_key(wanted, settings=settings)


def test_key_changes_with_all_that_decides_the_weights() -> None:
    plain = task()
    recordings = plain.heard.recordings
    corpus, split = plain.recipe.corpus, SplitSection(heldout_takes=[6])
    keys = [
        key_of(plain),
        key_of(task(n_epochs=3)),
        key_of(task(seed=2)),
        key_of(task(n_threads=2)),
        key_of(task(architecture="sincnet-small")),
        key_of(replace(plain, recipe=plain.recipe.model_copy(update={"split": split}))),
        key_of(
            replace(
                plain, recipe=plain.recipe.model_copy(update={"corpus": corpus.model_copy(update={"label": "sex"})})
            )
        ),
        key_of(replace(plain, heard=replace(plain.heard, recordings=replace(recordings, sha256="1" * 64)))),
    ]
    assert len(set(keys)) == len(keys)


def test_key_is_the_same_whatever_does_not_decide_the_weights() -> None:
    plain = task()
    selection = plain.recipe.selection.model_copy(update={"seed": 99})
    moved = plain.recipe.corpus.model_copy(update={"path": "elsewhere"})
    same = [
        key_of(replace(plain, recipe=plain.recipe.model_copy(update={"selection": selection, "corpus": moved}))),
        key_of(replace(plain, recipe_folder=Path("elsewhere"))),
        key_of(task(max_learning_rate=4e-3)),  # the architecture's own
    ]
    assert set(same) == {key_of(plain)}


def test_network_that_is_brought_is_measured_and_names_its_sources(tmp_path: Path) -> None:
    wanted = detector_task(tmp_path)
    found = get_one(wanted, networks=tmp_path / "networks")
    about = found.description
    assert about.factory is not None
    assert about.name == about.factory.name == "detector:make_detector"
    assert about.n_training_clips == 0
    assert about.heldout_takes is not None
    assert about.heldout_takes.n_clips == 4
    assert about.input.transform.sample_rate_hz == 16000
    again = get_one(wanted, networks=tmp_path / "networks")
    inputs = torch.ones(1, 1, 16000)
    with torch.no_grad():
        assert torch.equal(again.network(inputs), found.network(inputs))


def test_other_weights_are_another_network(tmp_path: Path) -> None:
    wanted = detector_task(tmp_path)
    first = get_one(wanted, networks=tmp_path / "networks").folder
    torch.manual_seed(9)
    torch.save(make_detector().state_dict(), tmp_path / "detector.pt")
    assert get_one(wanted, networks=tmp_path / "networks").folder != first


def test_labels_of_a_network_that_is_brought_must_be_the_corpus_ones_in_their_order(tmp_path: Path) -> None:
    wanted = detector_task(tmp_path, labels=["spoof", "bona-fide"])
    with pytest.raises(RecipeError, match=r"network.labels are spoof, bona-fide; the corpus's are bona-fide, spoof"):
        trained_networks(wanted, networks=tmp_path / "networks")
