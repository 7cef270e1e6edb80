"""Advice: answer, see the network's answer and the explanation, revise."""

from collections.abc import Mapping

from earshot.dataset import Column
from earshot.tasks.fields import Answers, confidence_field, draw_confidence, label_field
from earshot.tasks.task import Asked, Form, SimulatedPerson, Step, Task, perceived_fields


class Advice(Task):
    """The participant names the spoken word before and after the network's answer; the true word is right.

    Simulated, the first answer is the word perceived. Who understands tells from the explanation whether the network is
    right: then its answer is taken, else another kept. Who does not takes the network's answer or the own by a coin.
    """

    name = "advice"
    choice = "answer"
    verdicts = (
        Column("correct_before", "boolean", "whether the answer before the advice is the true word", outcome=True),
        Column("correct", "boolean", "whether the revised answer is the true word", outcome=True),
    )

    def steps(self, form: Form) -> tuple[Step, ...]:
        """The answer before the advice, then the revised one."""
        before = label_field(
            "answer_before", labels=form.labels, description="the word the participant names before the advice"
        )
        after = label_field(
            "answer", labels=form.labels, description="the word the participant names after the network's answer"
        )
        confidence_before = confidence_field(
            "confidence_before", description="the participant's confidence before the advice"
        )
        return (
            Step((*perceived_fields(form), before, confidence_before)),
            Step((after, confidence_field()), reveal="computer-answer"),
        )

    def key(self, asked: Asked) -> str:
        """The true word."""
        return asked.true_label

    def correct_before(self, answers: Mapping[str, str | int], *, asked: Asked) -> bool:
        """Whether the answer before the advice is the true word."""
        return answers["answer_before"] == asked.true_label

    def _answer_as(self, person: SimulatedPerson, *, asked: Asked) -> Answers:
        return {
            "answer_before": person.perceived_label,
            "confidence_before": draw_confidence(person.draw),
            "answer": _revised(person, asked=asked),
            "confidence": draw_confidence(person.draw),
        }


def _revised(person: SimulatedPerson, *, asked: Asked) -> str:
    own, advised = person.perceived_label, asked.predicted_label
    if not person.understands:
        return person.draw.choice((own, advised))
    if advised == asked.true_label:
        return advised
    others = [label for label in asked.labels if label != advised]
    return own if own != advised else person.draw.choice(others)
