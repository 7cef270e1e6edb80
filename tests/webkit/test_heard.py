"""What either browser really plays, recorded from the sound card: the right sound, whole, once, sides apart."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from study.headphones import make_sound
from tests.browser.participant import Participant
from tests.browser.server import Row, Server
from tests.webkit.conftest import HEADPHONES_SLUG, AnyPage, Machine, OpenPage, come
from tests.webkit.listening import RATE_HZ, Found, Samples, find_sound, read_sound

pytestmark = pytest.mark.browser

_LEAST_CORRELATION: Final = 0.99
# Another sound fits as well as it fits the right one's file, and no better: 0.31 for tones of the tiny bundle, 0.94 for
# sounds of the headphone check that swap two of three tones.
_MOST_ABOVE_FILE: Final = 0.01
_MOST_ELSEWHERE_SHARE: Final = 0.01
# A machine whose processors are taken loses a part of a sound now and then. The page that always does fails each time.
_MOST_TRIES: Final = 3
_STARTS: Final = [round(1.5 * number * RATE_HZ) for number in range(3)]


@dataclass(frozen=True)
class Heard:
    """What was recorded while a sound should have been played."""

    recorded: Samples
    name: str
    right: Found
    others: float
    """How well the best of the other sounds fits, and `others_to_file` how well it fits the right one's file."""
    others_to_file: float
    elsewhere_share: float
    """Of the energy, what is not in the sound."""

    @property
    def is_right(self) -> bool:
        """Whether it was this sound rather than any other."""
        return self.right.correlation > self.others

    @property
    def is_whole(self) -> bool:
        """Whether it was played from its beginning to its end, once, and nothing else."""
        return (
            self.right.correlation >= _LEAST_CORRELATION
            and self.others <= self.others_to_file + _MOST_ABOVE_FILE
            and self.elsewhere_share <= _MOST_ELSEWHERE_SHARE
        )

    def __str__(self) -> str:
        fits = f"correlation {self.right.correlation:.5f}, next {self.others:.3f} ({self.others_to_file:.3f} in files)"
        return f"{self.name}: {fits}, elsewhere {self.elsewhere_share:.1e}"


def test_a_round_plays_its_own_recording_and_its_own_explanation(
    machine: Machine, server: Server, bundle: Path, open_page: OpenPage[AnyPage]
) -> None:
    sounds = {path.name: read_sound(path.read_bytes()) for path in (bundle / "media").glob("*.wav")}

    def play() -> list[Heard]:
        (original, explanation), trial = hear_a_first_trial(machine, server, open_page)
        assert trial["n_begun"] == 1
        mask = trial["condition"].removeprefix("sound-")
        return [
            find_out(original, sound_file(server, trial["stimulus"], mask="none"), among=sounds),
            find_out(explanation, sound_file(server, trial["stimulus"], mask=mask), among=sounds),
        ]

    await_whole(play)


def test_the_headphone_check_reaches_each_ear_by_itself(
    machine: Machine, server: Server, open_page: OpenPage[AnyPage]
) -> None:
    sounds = {f"{number}.wav": read_sound(make_sound("antiphase", number=number)) for number in range(1, 7)}

    def play() -> list[Heard]:
        recorded, name = hear_an_interval(machine, server, open_page)
        return [find_out(recorded, name, among=sounds)]

    (whole,) = await_whole(play)
    start = whole.right.start
    heard = [correlate_sides(whole.recorded[start + each : start + each + RATE_HZ]) for each in _STARTS]
    played = [correlate_sides(sounds[whole.name][each : each + RATE_HZ]) for each in _STARTS]
    np.testing.assert_allclose(heard, played, atol=0.01)  # -1 for the tone in antiphase, 1 for the others
    assert sorted(round(each) for each in played) == [-1, 1, 1]


def hear_a_first_trial(
    machine: Machine, server: Server, open_page: OpenPage[AnyPage]
) -> tuple[tuple[Samples, Samples], Row]:
    """What the card played of somebody's first round in the sound channel, and the round as it is stored."""
    for _ in range(4):  # a block of the allocation holds both arms
        with open_page() as page:
            person = come(server, page)
            reach_trials(person)
            if person.enrolment()["channel"] == "sound":
                played = hear_first_trial(machine, person)
                return played, server.trials(person.enrolment()["code"])[0]
    raise AssertionError("the allocation gave nobody of four the sound channel")


def hear_an_interval(machine: Machine, server: Server, open_page: OpenPage[AnyPage]) -> tuple[Samples, str]:
    """What the card played of the headphone check's first sound, and which one that is."""
    with open_page() as page:
        person = come(server, page, slug=HEADPHONES_SLUG)
        person.consent()
        person.pass_sound_check_only()
        page.locator('#headphones[data-state="ready"][data-trial="0"]').wait_for()
        url = page.locator("[data-attempt-sounds] li").first.get_attribute("data-url") or ""
        with machine.card.recording() as recording:
            person.hands.press(person.page.locator("#play-interval button"))
            page.locator('#headphones[data-state="asking"]').wait_for()

    return recording.samples(), url.rpartition("/")[2]


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


def await_whole(play: Callable[[], list[Heard]]) -> list[Heard]:
    """What was heard the first time that all of it was whole; it is the right sound every time."""
    for _ in range(_MOST_TRIES):
        heard = play()
        print(*heard, sep="\n")
        assert all(each.is_right for each in heard), "another sound was played"
        if all(each.is_whole for each in heard):
            return heard
    raise AssertionError(f"no sound was whole in {_MOST_TRIES} plays")


def find_out(recorded: Samples, name: str, *, among: dict[str, Samples]) -> Heard:
    """Which of these sounds was played, where, and how much of it."""
    sound = among[name]
    others = [other for each, other in among.items() if each != name]
    file = np.pad(sound, ((len(sound), len(sound)), (0, 0)))
    right = find_sound(sound, recorded=recorded)
    inside = recorded[right.start : right.start + len(sound)]
    return Heard(
        recorded,
        name,
        right,
        others=max(find_sound(other, recorded=recorded).correlation for other in others),
        others_to_file=max(find_sound(other, recorded=file).correlation for other in others),
        elsewhere_share=float(1 - (inside**2).sum() / (recorded**2).sum()),
    )


def correlate_sides(samples: Samples) -> float:
    """How alike the two ears' sounds are, -1 to 1."""
    return float((samples[:, 0] * samples[:, 1]).sum() / np.sqrt((samples**2).sum(axis=0).prod()))
