"""Preference: which of two explanations of one stimulus is better."""

from earshot.tasks.fields import Answers, Field, confidence_field, draw_confidence
from earshot.tasks.task import Asked, Form, SimulatedPerson, Step, Task

_PLACES = ("first", "second")


class Preference(Task):
    """The participant prefers the first or the second explanation; nothing is right or wrong. Simulated by a coin.

    Notes
    -----
    The answer is a place. It can be read only beside the conditions that stood there, and their order has to vary.
    """

    name = "preference"
    choice = "preferred"
    verdicts = ()

    def steps(self, form: Form) -> tuple[Step, ...]:
        """One step."""
        preferred = Field("preferred", "string", "which explanation the participant prefers", levels=_PLACES)
        return (Step((preferred, confidence_field())),)

    def key(self, asked: Asked) -> None:
        """None: no preference is right."""

    def _answer_as(self, person: SimulatedPerson, *, asked: Asked) -> Answers:
        return {"preferred": person.draw.choice(_PLACES), "confidence": draw_confidence(person.draw)}
