"""What every study asks before allocation unless it says otherwise: what people already know of sound and models."""

from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from earshot.design.names import Language
from earshot.design.questionnaire_items import Option, SingleItem
from earshot.design.questionnaires import Questionnaire


class _Question(NamedTuple):
    """A question and its three answers, from knowing nothing to knowing much."""

    question: str
    none: str
    some: str
    much: str


_TITLES: Final[dict[Language, str]] = {"en": "What you already know", "de": "Was Sie schon wissen"}
_QUESTIONS: Final[dict[str, dict[Language, _Question]]] = {
    "audio": {
        "en": _Question(
            "How much have you worked with sound, for example recording, mixing, editing or measuring it?",
            none="Never, or hardly ever",
            some="Now and then, for less than a year in all",
            much="Often, for a year or longer in all",
        ),
        "de": _Question(
            "Wie viel haben Sie schon mit Ton gearbeitet, zum Beispiel beim Aufnehmen, Mischen, Schneiden oder Messen?",
            none="Nie oder fast nie",
            some="Hin und wieder, insgesamt weniger als ein Jahr",
            much="Häufig, insgesamt ein Jahr oder länger",
        ),
    },
    "phonetics": {
        "en": _Question(
            "How much do you know about phonetics or speech science, for example how to read a spectrogram of speech?",
            none="Nothing, or I do not know what this is",
            some="I have read about it or taken a course",
            much="I have studied it or worked with it for a year or longer",
        ),
        "de": _Question(
            "Wie gut kennen Sie sich mit Phonetik oder Sprechwissenschaft aus, zum Beispiel damit, wie man ein"
            " Spektrogramm von Sprache liest?",
            none="Gar nicht, oder ich weiß nicht, was das ist",
            some="Ich habe darüber gelesen oder einen Kurs besucht",
            much="Ich habe es studiert oder ein Jahr oder länger damit gearbeitet",
        ),
    },
    "music": {
        "en": _Question(
            "For how many years have you made music regularly, by singing, playing an instrument or producing?",
            none="Never, or for less than one year",
            some="For one to five years",
            much="For more than five years",
        ),
        "de": _Question(
            "Wie viele Jahre haben Sie regelmäßig Musik gemacht, also gesungen, ein Instrument gespielt oder"
            " produziert?",
            none="Nie oder weniger als ein Jahr",
            some="Ein bis fünf Jahre",
            much="Mehr als fünf Jahre",
        ),
    },
    "machine-learning": {
        "en": _Question(
            "How much do you know about machine learning, for example how a neural network is trained?",
            none="Nothing, or only what is in the news",
            some="I have read about it or taken a course",
            much="I have studied it or worked with it for a year or longer",
        ),
        "de": _Question(
            "Wie gut kennen Sie sich mit maschinellem Lernen aus, zum Beispiel damit, wie ein neuronales Netz trainiert"
            " wird?",
            none="Gar nicht, oder nur aus den Nachrichten",
            some="Ich habe darüber gelesen oder einen Kurs besucht",
            much="Ich habe es studiert oder ein Jahr oder länger damit gearbeitet",
        ),
    },
}


@cache
def expertise_in(*languages: Language) -> Questionnaire:
    """The questionnaire with its words in these languages, which a launch freezes with the design."""
    return Questionnaire(
        name="expertise",
        title={language: _TITLES[language] for language in languages},
        when="before",
        items=[_item(name, words, languages=languages) for name, words in _QUESTIONS.items()],
    )


def _item(name: str, words: dict[Language, _Question], *, languages: Sequence[Language]) -> SingleItem:
    return SingleItem(
        kind="single",
        name=name,
        text={language: words[language].question for language in languages},
        options=[
            Option(value=value, text={language: getattr(words[language], value) for language in languages})
            for value in ("none", "some", "much")
        ],
    )


EXPERTISE = expertise_in("en")
