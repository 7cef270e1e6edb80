"""The settings, read by fresh interpreters."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[2]


def start(var: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter that prints DEBUG, the secret key and whether cookies are secure."""
    script = (
        "from django.conf import settings as s; print(s.DEBUG, s.SECRET_KEY, s.CSRF_COOKIE_SECURE, s.ALLOWED_HOSTS)"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EARSHOT_")}
    return subprocess.run(
        [sys.executable, "-c", script],
        env=kept | {"EARSHOT_VAR": str(var), "DJANGO_SETTINGS_MODULE": "study.settings"} | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_debug_is_off_and_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first, second = start(tmp_path / "var"), start(tmp_path / "var")
    assert first.stdout == second.stdout
    debug, key, *rest = first.stdout.split()
    assert debug == "False"
    assert rest == ["False", "['127.0.0.1',", "'localhost',", "'[::1]']"]
    path = tmp_path / "var" / "secret_key"
    assert path.read_text() == key
    assert len(key) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_https_makes_cookies_secure(tmp_path: Path) -> None:
    assert start(tmp_path, EARSHOT_HTTPS="1").stdout.split()[2] == "True"


def test_bad_flag_stops_the_start(tmp_path: Path) -> None:
    stopped = start(tmp_path, EARSHOT_DEBUG="yes")
    assert stopped.returncode != 0
    assert "EARSHOT_DEBUG is 'yes'; expected 0 or 1" in stopped.stderr


def test_an_empty_key_stops_the_start_and_tells_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch()
    stopped = start(tmp_path)
    assert stopped.returncode != 0
    assert f"{tmp_path / 'secret_key'} is empty; restore it from a backup, or delete it" in stopped.stderr


def test_starts_at_once_agree_on_one_key_and_leave_nothing_beside_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        keys = {done.stdout for done in pool.map(start, [tmp_path] * 3)}
    assert len(keys) == 1
    assert [path.name for path in tmp_path.glob("*secret_key*")] == ["secret_key"]
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
