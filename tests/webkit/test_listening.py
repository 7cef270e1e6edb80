"""Finding sounds in a recording, and the page of WebKit's driver: the tools of these tests by themselves."""

from typing import Final

import numpy as np
import pytest

from tests.browser.server import Server
from tests.tiny_bundle import tone_wav
from tests.webkit.conftest import OpenPage
from tests.webkit.listening import RATE_HZ, Samples, find_sound, read_sound
from tests.webkit.webkit import WebKitPage, split_selector

_AT: Final = 5_000


def tone(frequency_hz: float) -> Samples:
    return read_sound(tone_wav(frequency_hz=frequency_hz, duration_ms=250.0))


def silence(n: int) -> Samples:
    return np.zeros((n, 2))


def test_a_sound_is_found_where_it_was_put_at_any_level() -> None:
    found = find_sound(tone(300), recorded=np.concatenate([silence(_AT), 0.1 * tone(300), silence(RATE_HZ)]))
    assert found.start == _AT
    assert found.correlation == pytest.approx(1, abs=1e-9)  # rounding of the Fourier transform


def test_another_sound_fits_as_well_as_its_samples_say() -> None:
    recorded = tone(310)
    found = find_sound(tone(300), recorded=recorded)
    assert found.correlation == pytest.approx(np.corrcoef(tone(300).ravel(), recorded.ravel())[0, 1], abs=1e-3)
    assert found.correlation < 0.2


def test_sides_that_are_turned_do_not_fit() -> None:
    sound = tone(300)
    assert find_sound(sound, recorded=sound * [1, -1]).correlation == pytest.approx(0, abs=1e-9)
    assert find_sound(sound, recorded=-sound).correlation == pytest.approx(-1, abs=1e-9)


def test_half_a_sound_fits_half_of_its_energy() -> None:
    sound = tone(300)
    cut = np.concatenate([sound[: len(sound) // 2], silence(len(sound) // 2)])
    assert find_sound(sound, recorded=cut).correlation == pytest.approx(np.sqrt(0.5), abs=1e-3)


def test_silence_fits_nothing() -> None:
    assert find_sound(tone(300), recorded=silence(RATE_HZ)).correlation == 0


def test_alternatives_are_told_apart_with_what_must_show() -> None:
    assert split_selector('#a:is([b], [c]) d:visible, e[f="g"]') == [("#a:is([b], [c]) d", True), ('e[f="g"]', False)]


def test_faults_of_a_page_are_kept_for_the_next(open_webkit: OpenPage[WebKitPage], server: Server) -> None:
    with open_webkit() as page:
        page.goto(server.address)
        assert page.faults() == []
        page.driver.execute_async_script(
            "const done = arguments[0]; addEventListener('unhandledrejection', () => setTimeout(done));"
            "console.error('said'); Promise.reject(new Error('thrown'));"
        )
        page.goto(server.address)
        assert page.faults() == ["said", "Error: thrown"]
