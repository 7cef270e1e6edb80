"""What either browser really plays, recorded from the sound card: the right sound, whole, once, sides apart."""

from pathlib import Path
from typing import Final

import numpy as np
import pytest

from study.headphones import make_sound
from tests.browser.participant import Participant
from tests.browser.server import Server
from tests.webkit.conftest import HEADPHONES_SLUG, AnyPage, Machine, OpenPage, come
from tests.webkit.listening import RATE_HZ, Samples, find_sound, read_sound

pytestmark = pytest.mark.browser

# On a machine at rest it is 0.999 and more; a busy one loses a part of a sound now and then, which fails here.
_LEAST_CORRELATION: Final = 0.99
# Tones of the tiny bundle are at most 0.31 alike; sounds of the headphone check that swap two of three tones 0.89.
_LEAST_MARGIN: Final = 0.1
_MOST_ELSEWHERE_SHARE: Final = 0.01
_STARTS: Final = [round(1.5 * number * RATE_HZ) for number in range(3)]


def test_a_round_plays_its_own_recording_and_its_own_explanation(
    machine: Machine, server: Server, bundle: Path, open_page: OpenPage[AnyPage]
) -> None:
    sounds = {path.name: read_sound(path.read_bytes()) for path in (bundle / "media").glob("*.wav")}
    for _ in range(4):  # a block of the allocation holds both arms
        with open_page() as page:
            person = come(server, page)
            reach_trials(person)
            if person.enrolment()["channel"] == "sound":
                original, explanation = hear_first_trial(machine, person)
                break
    trial = server.trials(person.enrolment()["code"])[0]
    assert trial["n_begun"] == 1
    mask = trial["condition"].removeprefix("sound-")
    assert_heard(original, sound_file(server, trial["stimulus"], mask="none"), among=sounds)
    assert_heard(explanation, sound_file(server, trial["stimulus"], mask=mask), among=sounds)


def test_the_headphone_check_reaches_each_ear_by_itself(
    machine: Machine, server: Server, open_page: OpenPage[AnyPage]
) -> None:
    with open_page() as page:
        person = come(server, page, slug=HEADPHONES_SLUG)
        person.consent()
        person.pass_sound_check_only()
        page.locator('#headphones[data-state="ready"][data-trial="0"]').wait_for()
        url = page.locator("[data-attempt-sounds] li").first.get_attribute("data-url") or ""
        with machine.card.recording() as recording:
            person.hands.press(person.page.locator("#play-interval button"))
            page.locator('#headphones[data-state="asking"]').wait_for()

    recorded = recording.samples()
    sounds = {f"{number}.wav": read_sound(make_sound("antiphase", number=number)) for number in range(1, 7)}
    name = url.rpartition("/")[2]
    start = assert_heard(recorded, name, among=sounds)
    heard = [correlate_sides(recorded[start + each : start + each + RATE_HZ]) for each in _STARTS]
    played = [correlate_sides(sounds[name][each : each + RATE_HZ]) for each in _STARTS]
    np.testing.assert_allclose(heard, played, atol=0.01)  # -1 for the tone in antiphase, 1 for the others
    assert sorted(round(each) for each in played) == [-1, 1, 1]


def reach_trials(person: Participant) -> None:
    """Agree, hear the word, answer the questions about oneself."""
    person.consent()
    person.pass_sound_check_only()
    for group in person.page.locator("form fieldset:has(input[type=radio])").all():
        group.locator("input[type=radio]").first.check(force=True)
    person.hands.press(person.page.locator('form button[type="submit"]'))
    person.page.locator('#trials[data-state="start"]').wait_for()


def hear_first_trial(machine: Machine, person: Participant) -> tuple[Samples, Samples]:
    """What the card played of the original, and of the explanation."""
    person.go_on()
    person.await_trial(0)
    with machine.card.recording() as original:
        person.hands.press(person.page.locator("#play-original button"))
        person.await_stage("explanation")
    with machine.card.recording() as explanation:
        person.hands.press(person.page.locator("#play-first button"))
        person.await_stage("answering")
    return original.samples(), explanation.samples()


def sound_file(server: Server, stimulus: str, *, mask: str) -> str:
    """The name of a rendition's sound."""
    sql = """
        SELECT sound_file FROM study_rendition AS rendition
        JOIN study_stimulus AS stimulus ON stimulus.id = rendition.stimulus_id WHERE stimulus.name = ? AND mask = ?
    """
    (row,) = server.query(sql, [stimulus, mask])
    name: str = row["sound_file"]
    return name


def assert_heard(recorded: Samples, name: str, *, among: dict[str, Samples]) -> int:
    """That of all these sounds the named one was played, whole, and nothing else; gives back where it starts."""
    found = {each: find_sound(sound, recorded=recorded) for each, sound in among.items()}
    others = max(found[each].correlation for each in found if each != name)
    right = found[name]
    inside = recorded[right.start : right.start + len(among[name])]
    elsewhere_share = 1 - (inside**2).sum() / (recorded**2).sum()
    print(f"{name}: correlation {right.correlation:.5f}, next {others:.3f}, elsewhere {elsewhere_share:.1e}")
    assert right.correlation >= _LEAST_CORRELATION
    assert right.correlation - others >= _LEAST_MARGIN
    assert elsewhere_share <= _MOST_ELSEWHERE_SHARE
    return right.start


def correlate_sides(samples: Samples) -> float:
    """How alike the two ears' sounds are, -1 to 1."""
    return float((samples[:, 0] * samples[:, 1]).sum() / np.sqrt((samples**2).sum(axis=0).prod()))
