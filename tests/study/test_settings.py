"""The settings, read by fresh interpreters."""

import os
import stat
import subprocess
import sys
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
