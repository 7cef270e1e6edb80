import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from earshot.bundle import MANIFEST_NAME, check_bundle, read_manifest
from earshot.errors import EXIT_BAD_INPUT, EXIT_INTERRUPTED
from explainer.__main__ import main

ROOT = Path(__file__).parents[2]
TINY_RECIPE = ROOT / "fixtures/recipes/tiny.toml"


def build_arguments(out: Path, *, networks: Path, recipe: Path = TINY_RECIPE) -> list[str]:
    corpus = TINY_RECIPE.parent / "../voices"
    return ["build", str(recipe), "--out", str(out), "--networks", str(networks), "--corpus", str(corpus)]


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
        assert stimulus.speaker in manifest.selection.heldout_speakers
        assert max(stimulus.probabilities, key=lambda label: stimulus.probabilities[label]) == stimulus.predicted_label
        assert [rendition.mask for rendition in stimulus.renditions] == ["none", "relevance", "control"]


def test_bundle_names_what_was_left_to_choose_from(tiny_bundle: Path) -> None:
    manifest = read_manifest(tiny_bundle)
    choice, network = manifest.selection, manifest.network
    assert choice.n_right + choice.n_wrong == network.n_heldout_speakers_clips
    assert choice.n_right == round(network.accuracy_heldout_speakers * network.n_heldout_speakers_clips)
    assert choice.n_right_with_fair_control <= choice.n_right
    assert choice.n_wrong_with_fair_control <= choice.n_wrong
    assert (
        network.n_training_clips + network.n_heldout_takes + network.n_heldout_speakers_clips == manifest.corpus.n_clips
    )


def test_controls_of_a_bundle_are_fair(tiny_bundle: Path) -> None:
    for stimulus in read_manifest(tiny_bundle).stimuli:
        relevance, control = stimulus.rendition("relevance"), stimulus.rendition("control")
        assert control.overlap_share is not None
        assert control.overlap_share <= 0.5
        # the energies of the manifest are rounded to six decimals
        assert control.energy_kept_share == pytest.approx(relevance.energy_kept_share, rel=0.1, abs=1e-6)


def test_manifest_has_no_path_time_or_host(tiny_bundle: Path) -> None:
    text = (tiny_bundle / MANIFEST_NAME).read_text(encoding="utf-8")
    assert str(ROOT) not in text
    assert '"path"' not in text
    assert "voices/" not in text


def test_same_recipe_gives_the_same_bytes_in_another_folder_and_process(tiny_bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "again"
    done = run_python("-m", "explainer", *build_arguments(out, networks=tmp_path / "networks"))
    assert done.returncode == 0, done.stderr
    assert contents(out) == contents(tiny_bundle)
    assert "accuracy on held-out takes" in done.stdout
    assert "to choose from on held-out speakers" in done.stdout


def test_whole_bundle_is_left_alone_without_importing_torch(tiny_bundle: Path, tiny_networks: Path) -> None:
    before = (tiny_bundle / MANIFEST_NAME).stat().st_mtime_ns
    program = "import sys; from explainer.__main__ import main; print(main(sys.argv[1:]), 'torch' in sys.modules)"
    done = run_python("-c", program, *build_arguments(tiny_bundle, networks=tiny_networks))
    assert done.stdout.splitlines()[-1] == "0 False"
    assert "nothing to do" in done.stdout
    assert (tiny_bundle / MANIFEST_NAME).stat().st_mtime_ns == before


def interrupt_after(arguments: Sequence[str], *, line: str) -> int:
    """The exit code of `python -m explainer`, interrupted once it has printed `line`."""
    command = [sys.executable, "-u", "-m", "explainer", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert any(line in printed for printed in process.stdout)
        process.send_signal(signal.SIGINT)
        return process.wait()


def test_interrupted_build_leaves_the_former_bundle(tiny_bundle: Path, tiny_networks: Path, tmp_path: Path) -> None:
    out = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, out)
    recipe = changed_recipe(tmp_path, old="n_right = ", new="n_right = 1")
    arguments = build_arguments(out, networks=tiny_networks, recipe=recipe)
    assert interrupt_after(arguments, line="accuracy on held-out takes") == EXIT_INTERRUPTED
    assert contents(out) == contents(tiny_bundle)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "recipe.toml"]


def test_too_few_stimuli_leave_nothing_half_written(
    tiny_bundle: Path, tiny_networks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = changed_recipe(tmp_path, old="n_right = ", new="n_right = 99")
    arguments = build_arguments(tmp_path / "bundle", networks=tiny_networks, recipe=recipe)
    assert main(arguments) == EXIT_BAD_INPUT
    selection = read_manifest(tiny_bundle).selection
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


def test_folder_of_something_else_is_never_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("three years of work")
    assert main(build_arguments(tmp_path, networks=tmp_path)) == EXIT_BAD_INPUT
    assert "holds something else than a bundle; name another folder with --out" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


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
    weights = folder / "network/weights.safetensors"
    weights.write_bytes(weights.read_bytes() + b"!")
    assert main(["check", str(folder)]) == EXIT_BAD_INPUT
    error = capsys.readouterr().err
    for fault in (
        f"media/{first.name} is damaged",
        f"media/{second.name} is missing",
        "media/surplus.wav is surplus",
        "network/weights.safetensors is damaged",
    ):
        assert fault in error


def test_check_of_no_bundle_says_how_to_build_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path)]) == EXIT_BAD_INPUT
    assert "manifest.json is missing" in capsys.readouterr().err


@pytest.mark.usefixtures("tiny_bundle")
def test_train_finds_the_network_of_the_same_recipe(tiny_networks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in tiny_networks.rglob("*")}
    assert main(["train", str(TINY_RECIPE), "--networks", str(tiny_networks)]) == 0
    assert "accuracy on held-out takes" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in tiny_networks.rglob("*")} == before
