import datetime
import getpass
import io
import json
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from earshot.bundle import (
    MANIFEST_NAME,
    MEDIA_FOLDER,
    NETWORK_FOLDER,
    Mask,
    Stimulus,
    check_bundle,
    read_manifest,
)
from earshot.errors import EXIT_BAD_INPUT, EXIT_INTERRUPTED
from explainer.__main__ import main
from explainer.batches.job import Tools, hear_windows
from explainer.corpora.layouts import find_recordings
from explainer.networks.files import read_network
from explainer.pictures.levels import magnitudes_of
from explainer.recipe import read_recipe
from explainer.relevance.cells import relevance_on_cells
from explainer.relevance.explaining import Explainer
from explainer.relevance.masks import live_cells
from explainer.rendering.asking import Found, ask_first
from explainer.rendering.drafts import correlation
from explainer.timefrequency import AUDIOMNIST
from tests.cluster import cluster
from tests.explainer.matching import mask_heard, matching_faults

ROOT = Path(__file__).parents[2]
TINY_RECIPE = ROOT / "fixtures/recipes/tiny.toml"


OTHER_SEED = "[renditions]\nseed = 2\n\n[mask]"
VOICES = TINY_RECIPE.parent / "../voices"


def build_arguments(out: Path, *, networks: Path, recipe: Path = TINY_RECIPE) -> list[str]:
    places = {"--out": out, "--networks": networks, "--work": networks.parent / "work", "--corpus": VOICES}
    return ["build", str(recipe), *(str(word) for pair in places.items() for word in pair)]


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def changed_recipe(folder: Path, *, old: str, new: str) -> Path:
    text = TINY_RECIPE.read_text(encoding="utf-8")
    assert old in text
    path = folder / "recipe.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_bundle_is_whole_and_holds_what_the_recipe_asks_for(tiny_bundle: Path) -> None:
    manifest = check_bundle(tiny_bundle)
    asked = manifest.recipe["selection"]
    main_stimuli = [stimulus for stimulus in manifest.stimuli if stimulus.role == "main"]
    assert sum(stimulus.model_correct for stimulus in main_stimuli) == asked["n_right"]
    assert sum(not stimulus.model_correct for stimulus in main_stimuli) == asked["n_wrong"]
    assert len(manifest.stimuli) - len(main_stimuli) == asked["n_training"]
    for stimulus in manifest.stimuli:
        assert stimulus.speaker in manifest.selections[0].heldout_speakers
        assert stimulus.network == manifest.networks[0].name
        assert max(stimulus.probabilities, key=lambda label: stimulus.probabilities[label]) == stimulus.predicted_label
        assert [rendition.mask for rendition in stimulus.renditions] == ["none", "relevance", "control"]
        assert all(rendition.faithfulness is not None for rendition in stimulus.renditions)


def test_bundle_names_what_was_left_to_choose_from(tiny_bundle: Path) -> None:
    manifest = read_manifest(tiny_bundle)
    (choice,), (network,) = manifest.selections, manifest.networks
    assert network.accuracy_heldout_speakers is not None
    assert choice.n_right + choice.n_wrong == network.n_heldout_speakers_clips
    assert choice.n_right == round(network.accuracy_heldout_speakers * network.n_heldout_speakers_clips)
    assert choice.n_right_with_fair_control <= choice.n_right
    assert choice.n_wrong_with_fair_control <= choice.n_wrong
    assert (
        network.n_training_clips + network.n_heldout_takes + network.n_heldout_speakers_clips == manifest.corpus.n_clips
    )


def test_bundle_says_what_gives_right_and_wrong_away(tiny_bundle: Path) -> None:
    manifest = read_manifest(tiny_bundle)
    cells: dict[bool, Counter[tuple[str, str]]] = {True: Counter(), False: Counter()}
    words: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    main_stimuli = [stimulus for stimulus in manifest.stimuli if stimulus.role == "main"]
    for stimulus in main_stimuli:
        cells[stimulus.model_correct][stimulus.speaker, stimulus.true_label] += 1
        words[stimulus.model_correct][stimulus.true_label] += 1
    (selection,), n_main = manifest.selections, len(main_stimuli)
    assert selection.n_matched_speaker_and_label == (cells[True] & cells[False]).total()
    # of each cell the rule gets the larger count right
    assert selection.best_rule_by_true_label_share == pytest.approx(
        (words[True] | words[False]).total() / n_main, abs=1e-6
    )
    assert selection.best_rule_by_speaker_and_true_label_share == pytest.approx(
        (cells[True] | cells[False]).total() / n_main, abs=1e-6
    )


def test_controls_of_a_bundle_are_fair(tiny_bundle: Path) -> None:
    for stimulus in read_manifest(tiny_bundle).stimuli:
        relevance, control = stimulus.rendition("relevance"), stimulus.rendition("control")
        assert control.overlap_share is not None
        assert control.overlap_share <= 0.5
        # the energies of the manifest are rounded to six decimals
        assert control.energy_kept_share == pytest.approx(relevance.energy_kept_share, rel=0.1, abs=1e-6)


def traces(text: str) -> list[str]:
    """What a text says of the place, the time or the machine it was written at."""
    names = {
        socket.gethostname(),
        platform.node(),
        getpass.getuser(),
        str(ROOT),
        tempfile.gettempdir(),
    }
    patterns = [rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in names]
    patterns += [
        r"\d{4}-\d{2}-\d{2}",
        r"\d{1,2}:\d{2}:\d{2}",
        r"(?<![\w.])(19|20)\d{6}\b",
        r"(?<![\w.])1[6-9]\d{8}\b",
    ]  # dates, times
    patterns += [r'"~?/', r"[A-Za-z]:[\\/]", r"file:", r'"path"']  # absolute paths, and the recipe's own
    return [found.group() for pattern in patterns for found in re.finditer(pattern, text)]


def test_manifest_has_no_path_time_or_host(tiny_bundle: Path) -> None:
    assert traces((tiny_bundle / MANIFEST_NAME).read_text(encoding="utf-8")) == []
    assert traces(next((tiny_bundle / "network").glob("*/network.json")).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "trace",
    [
        socket.gethostname(),
        getpass.getuser(),
        str(ROOT),
        datetime.datetime.now(datetime.UTC).isoformat(),
        str(int(datetime.datetime.now(datetime.UTC).timestamp())),
        "/srv/voices",
        "C:\\voices",
    ],
    ids=["host", "user", "root", "date", "seconds", "path", "drive"],
)
def test_path_time_or_host_in_a_manifest_would_be_found(tiny_bundle: Path, trace: str) -> None:
    fields = json.loads((tiny_bundle / MANIFEST_NAME).read_text(encoding="utf-8")) | {"name": trace}
    assert traces(json.dumps(fields)) != []


def test_every_stimulus_of_a_bundle_is_matched(tiny_bundle: Path) -> None:
    stimuli = read_manifest(tiny_bundle).stimuli
    assert [
        fault for stimulus in stimuli for fault in matching_faults(tiny_bundle, stimulus=stimulus, transform=AUDIOMNIST)
    ] == []


def test_swapped_pair_of_a_bundle_is_found_out(tiny_bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, folder)
    stimulus = read_manifest(folder).stimuli[0]
    first, second = (folder / MEDIA_FOLDER / stimulus.rendition(mask).picture.file for mask in ("relevance", "control"))
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    faults = matching_faults(folder, stimulus=stimulus, transform=AUDIOMNIST)
    assert any("sound of relevance and picture of relevance" in fault for fault in faults)
    assert any("sound of control and picture of control" in fault for fault in faults)


def masks_asked_for(bundle: Path, stimuli: Sequence[Stimulus]) -> dict[str, dict[Mask, NDArray[np.float64]]]:
    """The masks of a bundle's stimuli by id, made again by zennit from the recordings and the weights in the bundle."""
    recipe = read_recipe(TINY_RECIPE)
    recordings = find_recordings(VOICES, section=recipe.corpus)
    clips = {clip.id: clip for clip in recordings.clips}
    network, description = read_network(next((bundle / NETWORK_FOLDER).iterdir()))
    tools = Tools(network, description.input, tuple(description.labels), recipe)
    windows = hear_windows([clips[one.clip] for one in stimuli], tools=tools)
    inputs = tools.input.of(windows.windows)
    targets = torch.tensor([tools.labels.index(one.explained_label) for one in stimuli])
    explanation = Explainer(network, method=tools.method, engine="zennit")(inputs, targets)
    relevance = relevance_on_cells(explanation, inputs=inputs, network_input=tools.input, method=tools.method)
    masks: dict[str, dict[Mask, NDArray[np.float64]]] = {}
    for row, stimulus in enumerate(stimuli):
        found = Found(tools.method, relevance.cells[row].double().numpy(), relevance.in_time[row].double().numpy())
        placed = windows.placed(row)
        asked = ask_first(found, placed=placed, recipe=recipe)
        assert isinstance(asked, list)
        masks[stimulus.id] = {one.mask: placed.cut.frames(one.cells) for one in asked}
    return masks


def test_mask_in_every_sound_of_a_bundle_is_the_one_asked_for(tiny_bundle: Path) -> None:
    stimuli = read_manifest(tiny_bundle).stimuli
    asked = masks_asked_for(tiny_bundle, stimuli)
    masks: tuple[Mask, ...] = ("relevance", "control")
    for stimulus in stimuli:
        wavs = {one.mask: (tiny_bundle / MEDIA_FOLDER / one.sound.file).read_bytes() for one in stimulus.renditions}
        live = live_cells(magnitudes_of(wavs["none"], transform=AUDIOMNIST))
        for mask in masks:
            rendition = stimulus.rendition(mask)
            gain_db = rendition.sound.gain_db - stimulus.rendition("none").sound.gain_db
            heard = mask_heard(wavs[mask], original=wavs["none"], gain_db=gain_db, transform=AUDIOMNIST)
            found = {other: correlation(heard, asked[stimulus.id][other], live=live) for other in masks}
            assert found[mask] >= 0.7
            assert found[mask] == max(found.values())
            # relevance of another engine in another batch differs in its last digits
            assert rendition.found_correlation == pytest.approx(found[mask], abs=1e-3)


def test_two_workers_in_another_folder_and_process_give_the_same_bytes(tiny_bundle: Path, tmp_path: Path) -> None:
    """The network is trained anew as well."""
    out = tmp_path / "again"
    arguments = [*build_arguments(out, networks=tmp_path / "networks"), "--workers", "2"]
    done = run_python("-m", "explainer", *arguments)
    assert done.returncode == 0, done.stderr
    assert contents(out) == contents(tiny_bundle)
    assert "right on held-out takes" in done.stdout
    assert "to choose from" in done.stdout


def test_a_cluster_gives_the_same_bytes(tiny_bundle: Path, tiny_networks: Path, tmp_path: Path) -> None:
    out = tmp_path / "again"
    with cluster(tmp_path) as address:
        assert main([*build_arguments(out, networks=tiny_networks), "--scheduler", address]) == 0
    assert contents(out) == contents(tiny_bundle)


def test_an_interrupted_build_goes_on_where_it_stopped(tiny_bundle: Path, tiny_networks: Path, tmp_path: Path) -> None:
    out, work = tmp_path / "bundle", tmp_path / "work"
    arguments = [*build_arguments(out, networks=tiny_networks), "--work", str(work)]
    times: list[dict[str, int]] = []
    for line in ("making sounds", "writing pictures and sounds"):
        with redirect_stdout(io.StringIO()), redirect_stderr(Interrupting(line)):
            assert main(arguments) == EXIT_INTERRUPTED
        finished = sorted(work.rglob("explained-*/result.json"))
        times.append({path.parent.name: path.stat().st_mtime_ns for path in finished})
    assert len(times[0]) == 5  # 80 clips in batches of 16
    assert times[1] == times[0]
    assert main(arguments) == 0
    assert contents(out) == contents(tiny_bundle)
    assert list(work.rglob("*.json")) == []


def test_another_selection_explains_nothing_anew(tiny_networks: Path, tmp_path: Path) -> None:
    work = ["--work", str(tmp_path / "work")]
    recipe = changed_recipe(tmp_path, old="n_right = ", new="n_right = 99")
    out = tmp_path / "bundle"
    assert main([*build_arguments(out, networks=tiny_networks, recipe=recipe), *work]) == EXIT_BAD_INPUT
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("explained-*/result.json")}
    assert len(before) == 5
    with redirect_stdout(io.StringIO()), redirect_stderr(Interrupting("making sounds")):
        assert main([*build_arguments(out, networks=tiny_networks), *work]) == EXIT_INTERRUPTED
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("explained-*/result.json")} == before


def test_whole_bundle_is_left_alone_without_importing_torch(tiny_bundle: Path, tiny_networks: Path) -> None:
    before = (tiny_bundle / MANIFEST_NAME).stat().st_mtime_ns
    program = "import sys; from explainer.__main__ import main; print(main(sys.argv[1:]), 'torch' in sys.modules)"
    done = run_python("-c", program, *build_arguments(tiny_bundle, networks=tiny_networks))
    assert done.stdout.splitlines()[-1] == "0 False"
    assert "nothing to do" in done.stdout
    assert (tiny_bundle / MANIFEST_NAME).stat().st_mtime_ns == before


class Interrupting(io.StringIO):
    """An output at which the program is interrupted, as Python does at Ctrl-C, once it has printed `line`.

    No signal is sent: where the tests were started in the background, SIGINT is ignored.
    """

    def __init__(self, line: str) -> None:
        super().__init__()
        self.line = line

    def write(self, text: str) -> int:
        if self.line in text:
            raise KeyboardInterrupt
        return super().write(text)


@pytest.mark.parametrize("line", ["right on held-out takes", "writing pictures and sounds"])
def test_interrupted_build_leaves_the_former_bundle(
    line: str, tiny_bundle: Path, tiny_networks: Path, tmp_path: Path
) -> None:
    out = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, out)
    recipe = changed_recipe(tmp_path, old="[mask]", new=OTHER_SEED)
    with redirect_stdout(Interrupting(line)), redirect_stderr(Interrupting(line)):
        assert main(build_arguments(out, networks=tiny_networks, recipe=recipe)) == EXIT_INTERRUPTED
    assert contents(out) == contents(tiny_bundle)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "recipe.toml"]


def test_a_full_disk_leaves_the_former_bundle(tiny_bundle: Path, tiny_networks: Path, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: both fail while a file is written."""
    out = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, out)
    recipe = changed_recipe(tmp_path, old="[mask]", new=OTHER_SEED)
    program = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000));"
        "from explainer.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    work = ["--work", str(tmp_path / "work")]
    done = run_python("-c", program, *build_arguments(out, networks=tiny_networks, recipe=recipe), *work)
    assert done.returncode == EXIT_BAD_INPUT, done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: ")
    assert "the space left on its disk" in done.stderr
    assert contents(out) == contents(tiny_bundle)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_label_that_nobody_says_cannot_be_explained(
    tiny_networks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = changed_recipe(tmp_path, old="[relevance]", new='[relevance]\nexplained = "eleven"')
    assert main(build_arguments(tmp_path / "bundle", networks=tiny_networks, recipe=recipe)) == EXIT_BAD_INPUT
    assert (
        "relevance.explained is 'eleven'; expected 'predicted', 'true', or one of the labels" in capsys.readouterr().err
    )


def test_too_few_stimuli_leave_nothing_half_written(
    tiny_bundle: Path, tiny_networks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = changed_recipe(tmp_path, old="n_right = ", new="n_right = 99")
    arguments = build_arguments(tmp_path / "bundle", networks=tiny_networks, recipe=recipe)
    assert main(arguments) == EXIT_BAD_INPUT
    (selection,) = read_manifest(tiny_bundle).selections
    error = capsys.readouterr().err
    assert f"{selection.n_wrong} wrong ({selection.n_wrong_with_fair_control} with a fair control)" in error
    assert "hold out more speakers" in error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["recipe.toml"]


def test_corrupt_recording_ends_the_build_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = tmp_path / "corpus"
    take_1_only = shutil.ignore_patterns("*_[!1].wav")
    shutil.copytree(TINY_RECIPE.parent / "../voices", corpus, ignore=take_1_only)
    (corpus / "data/02/3_02_1.wav").write_bytes(b"")
    arguments = ["build", str(TINY_RECIPE), "--out", str(tmp_path / "bundle"), "--networks", str(tmp_path / "networks")]
    assert main([*arguments, "--corpus", str(corpus)]) == EXIT_BAD_INPUT
    assert "3_02_1.wav cannot be read as WAV" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


def test_unknown_key_of_a_recipe_ends_with_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = changed_recipe(tmp_path, old="[mask]", new="[mask]\nsharpness = 2")
    assert main(build_arguments(tmp_path / "bundle", networks=tmp_path, recipe=recipe)) == EXIT_BAD_INPUT
    assert "unknown key 'mask.sharpness'" in capsys.readouterr().err


WEB_APP = {"manifest.json": b'{"name": "Album", "start_url": "/"}', "photo.txt": b"the only copy"}
NEWER_BUNDLE = {"manifest.json": b'{"format": "earshot-bundle", "format_version": 99}'}


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"thesis.txt": b"three years of work"}, "manifest.json is missing"),
        (WEB_APP, "manifest.json"),
        (NEWER_BUNDLE, "bundle format 99"),
    ],
    ids=["thesis", "web app", "newer bundle"],
)
def test_folder_of_something_else_is_never_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: dict[str, bytes], found: str
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name, content in files.items():
        (out / name).write_bytes(content)
    assert main([*build_arguments(out, networks=tmp_path / "networks"), "--force"]) == EXIT_BAD_INPUT
    error = capsys.readouterr().err
    assert f"{out} is not empty and holds no bundle" in error
    assert found in error
    assert "name another folder with --out" in error
    assert contents(out) == files
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_file_is_never_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    out.write_text("three years of work")
    assert main(build_arguments(out, networks=tmp_path / "networks")) == EXIT_BAD_INPUT
    assert "is a file; name a folder with --out" in capsys.readouterr().err
    assert out.read_text() == "three years of work"


def test_bundle_with_somebodys_file_in_it_is_never_replaced(
    tiny_bundle: Path, tiny_networks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, out)
    (out / "media/notes.txt").write_text("what the listeners said")
    before = contents(out)
    assert main([*build_arguments(out, networks=tiny_networks), "--force"]) == EXIT_BAD_INPUT
    error = capsys.readouterr().err
    assert "media/notes.txt" in error
    assert "move them away or name another folder with --out" in error
    assert contents(out) == before


def test_damaged_bundle_is_built_again(tiny_bundle: Path, tiny_networks: Path, tmp_path: Path) -> None:
    out = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, out)
    first, second, *_ = sorted((out / "media").iterdir())
    first.write_bytes(first.read_bytes()[:-1] + b"!")
    second.unlink()
    assert main(build_arguments(out, networks=tiny_networks)) == 0
    assert contents(out) == contents(tiny_bundle)


def test_bundle_of_an_older_recipe_is_replaced(tiny_bundle: Path, tiny_networks: Path, tmp_path: Path) -> None:
    out = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, out)
    recipe = changed_recipe(tmp_path, old="n_wrong = 4", new="n_wrong = 3")
    assert main(build_arguments(out, networks=tiny_networks, recipe=recipe)) == 0
    assert len(check_bundle(out).stimuli) == len(read_manifest(tiny_bundle).stimuli) - 1


def test_check_finds_a_whole_bundle_whole(tiny_bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tiny_bundle)]) == 0
    n_stimuli = len(read_manifest(tiny_bundle).stimuli)
    assert capsys.readouterr().out.startswith(f"whole: {n_stimuli} stimuli")


def test_check_names_every_damaged_missing_and_surplus_file(
    tiny_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, folder)
    first, second, *_ = sorted((folder / "media").iterdir())
    first.write_bytes(first.read_bytes()[:-1] + b"!")
    second.unlink()
    (folder / "media/surplus.wav").write_bytes(b"")
    weights = next((folder / "network").glob("*/weights.safetensors"))
    weights.write_bytes(weights.read_bytes() + b"!")
    assert main(["check", str(folder)]) == EXIT_BAD_INPUT
    error = capsys.readouterr().err
    for fault in (
        f"media/{first.name} is damaged",
        f"media/{second.name} is missing",
        "media/surplus.wav is surplus",
        "network/alexnet-quarter-1/weights.safetensors is damaged",
    ):
        assert fault in error


@pytest.mark.parametrize("kind", ["empty folder", "absent", "file"])
def test_check_of_no_bundle_says_how_to_build_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    place = tmp_path if kind == "empty folder" else tmp_path / "bundle"
    if kind == "file":
        place.write_text("no bundle")
    assert main(["check", str(place)]) == EXIT_BAD_INPUT
    error = capsys.readouterr().err
    assert error.startswith(f"error: manifest.json is missing in {place}; build it with python -m explainer build")
    assert error.count("\n") == 1


@pytest.mark.usefixtures("tiny_bundle")
def test_train_finds_the_network_of_the_same_recipe(tiny_networks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in tiny_networks.rglob("*")}
    assert main(["train", str(TINY_RECIPE), "--networks", str(tiny_networks)]) == 0
    assert "right on held-out takes" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in tiny_networks.rglob("*")} == before
