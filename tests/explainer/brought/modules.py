"""Writes modules for factories to be found in."""

from pathlib import Path

FACTORY = """
from torch import nn
from helper import N_LABELS

def make():
    return nn.Sequential(nn.Conv1d(1, 4, 8, stride=4), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), head())

def head():
    import late_helper
    return nn.Linear(4, N_LABELS)

def fails():
    raise OSError("no such card")

def number():
    return 7

CONSTANT = 3
"""


def write_modules(folder: Path, *, n_labels: int = 2) -> Path:
    """A folder with a factory's module and two modules that it needs, one only when it is called."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ours_detector.py").write_text(FACTORY.replace("helper", "ours_helper"), encoding="utf-8")
    (folder / "ours_helper.py").write_text(f"N_LABELS = {n_labels}\n", encoding="utf-8")
    (folder / "late_ours_helper.py").write_text("", encoding="utf-8")
    return folder
