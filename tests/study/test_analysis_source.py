import hashlib
import subprocess
import sys
from pathlib import Path

from study.analysis_source import analysis_sha256

ROOT = Path(__file__).parents[2]


def test_the_hash_covers_every_source_file_and_its_name() -> None:
    folder = ROOT / "analysis"
    names = sorted([*folder.rglob("*.py"), *folder.rglob("*.j2")])
    lines = [
        f"{name.relative_to(folder).as_posix()} {hashlib.sha256(name.read_bytes()).hexdigest()}\n" for name in names
    ]
    assert analysis_sha256() == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_the_analysis_is_not_imported() -> None:
    script = (
        "import sys; from study.analysis_source import analysis_sha256; analysis_sha256(); print(sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "'analysis'" not in done.stdout


def test_nothing_is_hashed_where_the_analysis_is_not_installed(tmp_path: Path) -> None:
    # An interpreter that sees the study and the core alone, as on a server with only the extra for studies.
    for package in ("study", "earshot"):
        (tmp_path / package).symlink_to(ROOT / package)
    script = (
        "import sys;"
        # Without the finders of packages installed from a checkout.
        "sys.meta_path = [finder for finder in sys.meta_path if finder.__module__.startswith('_frozen_importlib')];"
        f"sys.path = [place for place in sys.path if place != {str(ROOT)!r}] + [{str(tmp_path)!r}];"
        "from study.analysis_source import analysis_sha256; print(analysis_sha256())"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "None\n", done.stderr
