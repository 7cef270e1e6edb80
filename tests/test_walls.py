"""The walls between the core and the three programs, as a fresh interpreter finds them after importing everything."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEAVY = {"torch", "torchvision", "zennit", "librosa", "soundfile", "pandas", "statsmodels", "scipy", "matplotlib"}

IMPORT_ALL = """
import importlib, pkgutil, sys

def import_all(name):
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, prefix=name + "."):
        importlib.import_module(module.name)
"""
STUDY = """
import django
from django.conf import settings
# No static files were collected for this test; their names are not what it is about.
settings.STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
django.setup()
import_all("study")
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
assert Client(SERVER_NAME="localhost").get("/").status_code == 200
"""
PRINT = """
print(" ".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def loaded_by(script: str, *, var: Path) -> set[str]:
    """The top-level modules of a fresh interpreter after `script`."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL + script + PRINT],
        env=os.environ | {"EARSHOT_VAR": str(var), "DJANGO_SETTINGS_MODULE": "study.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def test_no_web_process_loads_what_explains_or_analyses(tmp_path: Path) -> None:
    loaded = loaded_by(STUDY, var=tmp_path)
    assert {"study", "earshot", "django"} <= loaded
    assert loaded.isdisjoint(HEAVY | {"explainer", "analysis"})


def test_core_loads_the_standard_library_and_pydantic_alone(tmp_path: Path) -> None:
    loaded = loaded_by("import_all('earshot')", var=tmp_path)
    of_pydantic = {"pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection"}
    ours = {name for name in loaded if name not in sys.stdlib_module_names and not name.startswith("_")}
    assert ours - of_pydantic == {"earshot"}


def test_analysis_loads_neither_networks_nor_the_web(tmp_path: Path) -> None:
    loaded = loaded_by("import_all('analysis')", var=tmp_path)
    assert loaded.isdisjoint({"torch", "torchvision", "zennit", "librosa", "django", "study", "explainer"})
