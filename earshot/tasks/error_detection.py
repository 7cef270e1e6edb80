"""Error detection: "Was the computer right?" without being told what it answered."""

from earshot.dataset import Column
from earshot.tasks.fields import Answers, Field, confidence_field, draw_confidence
from earshot.tasks.task import Asked, Form, SimulatedPerson, Step, Task, perceived_fields

_JUDGEMENTS = ("right", "wrong")


class ErrorDetection(Task):
    """The participant judges whether the network's answer is the true word.

    Simulated, the judgement is right if the participant both understands and recognises the word, else a coin's.
    """

    name = "error-detection"
    choice = "judgement"
    verdicts = (Column("correct", "boolean", "whether the participant's judgement is right", outcome=True),)

    def steps(self, form: Form) -> tuple[Step, ...]:
        """One step."""
        meaning = "whether the participant says that the network was right or wrong"
        judgement = Field("judgement", "string", meaning, levels=_JUDGEMENTS)
        return (Step((*perceived_fields(form), judgement, confidence_field())),)

    def key(self, asked: Asked) -> str:
        """`right` if the network's answer is the true word, else `wrong`."""
        return "right" if asked.predicted_label == asked.true_label else "wrong"

    def _answer_as(self, person: SimulatedPerson, *, asked: Asked) -> Answers:
        knows = person.understands and person.recognises
        judgement = self.key(asked) if knows else person.draw.choice(_JUDGEMENTS)
        return {"judgement": judgement, "confidence": draw_confidence(person.draw)}
