"""zennit's import, in fresh interpreters: with the torchvision at hand, and with stand-ins for it."""

import os
import subprocess
import sys
from pathlib import Path

_CHECKOUT = Path(__file__).parents[3]


def _run(script: str, *, before: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The script in a fresh interpreter, with `before` ahead of all installed packages."""
    path = [str(place) for place in (before, _CHECKOUT) if place]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=_CHECKOUT, capture_output=True, text=True, check=False
    )


def _write_torchvision(folder: Path, *, start: str) -> None:
    """A stand-in with what zennit takes from torchvision, after the line `start`."""
    models = folder / "torchvision" / "models"
    models.mkdir(parents=True)
    (folder / "torchvision" / "__init__.py").write_text(f"{start}\n")
    (models / "__init__.py").write_text("")
    (models / "resnet.py").write_text("class Bottleneck: ...\nclass BasicBlock: ...\n")


def test_zennit_imports_beside_the_installed_torchvision() -> None:
    done = _run("from explainer.relevance.zennit_import import zennit; print(zennit.rules.ZPlus.__name__)")
    assert (done.returncode, done.stdout.strip()) == (0, "ZPlus"), done.stderr


def test_working_torchvision_is_left_alone(tmp_path: Path) -> None:
    _write_torchvision(tmp_path, start="")
    done = _run(
        "from explainer.relevance import zennit_import; import torch\n"
        "print(zennit_import.define_missing_operators(), hasattr(torch.ops.torchvision, 'nms'))",
        before=tmp_path,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "False False"), done.stderr


def test_missing_operators_are_defined(tmp_path: Path) -> None:
    _write_torchvision(tmp_path, start="import torch\ntorch.library.register_fake('torchvision::nms')(lambda *_: None)")
    done = _run(
        "from explainer.relevance import zennit_import; import torch\n"
        "print(hasattr(torch.ops.torchvision, 'nms'), hasattr(torch.ops.torchvision, 'qnms'))",
        before=tmp_path,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "True True"), done.stderr


def test_torchvision_broken_otherwise_is_named(tmp_path: Path) -> None:
    _write_torchvision(tmp_path, start="raise RuntimeError('no disk')")
    done = _run("import explainer.relevance.zennit_import", before=tmp_path)
    assert done.returncode == 1
    assert "torchvision cannot be imported: no disk; install the build that fits torch" in done.stderr
