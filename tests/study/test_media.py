from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from study.models import Picture, Rendition

pytestmark = pytest.mark.django_db


@pytest.fixture
def rendition(bundle: object) -> Rendition:
    return Rendition.objects.all()[0]


def test_sound_is_served_for_good(rendition: Rendition, client: Client, media_root: Path) -> None:
    answer = client.get(f"/media/{rendition.sound_file}")
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a FileResponse streams
    assert content == (media_root / rendition.sound_file).read_bytes()
    assert answer["Content-Type"] == "audio/wav"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    answer.close()


def test_picture_is_served_as_png(rendition: Rendition, client: Client) -> None:
    picture = Picture.objects.filter(rendition=rendition)[0]
    answer = client.get(f"/media/{picture.file}")
    assert answer["Content-Type"] == "image/png"
    answer.close()


def test_file_that_no_rendition_names_is_not_served(
    rendition: Rendition, client: Client, tmp_path: Path, settings: Settings
) -> None:
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / ("f" * 64 + ".wav")).write_bytes(b"secret")
    assert client.get("/media/" + "f" * 64 + ".wav").status_code == 404


@pytest.mark.parametrize("name", ["../secret_key", "%2e%2e/secret_key", "a.wav", "A" * 64 + ".wav", "a" * 64 + ".svg"])
def test_other_names_are_unknown(db: None, client: Client, name: str) -> None:
    assert client.get(f"/media/{name}").status_code == 404


def test_lost_file_is_a_404_that_is_logged(
    rendition: Rendition, client: Client, tmp_path: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.MEDIA_ROOT = tmp_path
    assert client.get(f"/media/{rendition.sound_file}").status_code == 404
    assert "load its bundle again" in caplog.text
