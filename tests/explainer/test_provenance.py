"""What code decides a network's weights."""

import subprocess
import sys
from pathlib import Path

from explainer.provenance import TRAINING_ROOMS

ROOT = Path(__file__).parents[2]
# what they decide stands in a network's key by itself: the recipe's values, versions and hashes, a stranger's network
KEYED_OTHERWISE = ("explainer.recipe", "explainer.sections", "explainer.provenance", "explainer.brought")
PRINT_MODULES = (
    "import sys, explainer.trained; print('\\n'.join(name for name in sys.modules if name[:9] == 'explainer'))"
)


def test_all_code_that_training_imports_is_hashed() -> None:
    done = subprocess.run([sys.executable, "-c", PRINT_MODULES], cwd=ROOT, capture_output=True, text=True, check=True)
    rooms = {f"explainer.{room.removesuffix('.py').replace('/', '.')}" for room in TRAINING_ROOMS}
    packages = {room.rpartition(".")[0] for room in rooms}
    unhashed = {
        name
        for name in set(done.stdout.split()) - {"explainer"} - packages
        if not any(name == room or name.startswith(f"{room}.") for room in rooms)
    }
    assert {name for name in unhashed if not name.startswith(KEYED_OTHERWISE)} == set()


def test_every_room_is_there() -> None:
    assert [room for room in TRAINING_ROOMS if not (ROOT / "explainer" / room).exists()] == []
