"""What every study asks before allocation unless it says otherwise: what people already know of sound and models."""

from earshot.design.questionnaire_items import Option, SingleItem
from earshot.design.questionnaires import Questionnaire


def _item(name: str, question: str, *, none: str, some: str, much: str) -> SingleItem:
    words = {"none": none, "some": some, "much": much}
    options = [Option(value=value, text={"en": text}) for value, text in words.items()]
    return SingleItem(kind="single", name=name, text={"en": question}, options=options)


EXPERTISE = Questionnaire(
    name="expertise",
    title={"en": "What you already know"},
    when="before",
    items=[
        _item(
            "audio",
            "How much have you worked with sound, for example recording, mixing, editing or measuring it?",
            none="Never, or hardly ever",
            some="Now and then, for less than a year in all",
            much="Often, for a year or longer in all",
        ),
        _item(
            "phonetics",
            "How much do you know about phonetics or speech science, for example how to read a spectrogram of speech?",
            none="Nothing, or I do not know what this is",
            some="I have read about it or taken a course",
            much="I have studied it or worked with it for a year or longer",
        ),
        _item(
            "music",
            "For how many years have you made music regularly, by singing, playing an instrument or producing?",
            none="Never, or for less than one year",
            some="For one to five years",
            much="For more than five years",
        ),
        _item(
            "machine-learning",
            "How much do you know about machine learning, for example how a neural network is trained?",
            none="Nothing, or only what is in the news",
            some="I have read about it or taken a course",
            much="I have studied it or worked with it for a year or longer",
        ),
    ],
)
