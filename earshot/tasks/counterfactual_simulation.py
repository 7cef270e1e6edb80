"""Counterfactual simulation: "What will it answer to this changed clip?" (hase2020, sec. 3)."""

from earshot.dataset import Column
from earshot.tasks.fields import Answers, confidence_field, draw_confidence, label_field
from earshot.tasks.task import Asked, Form, SimulatedPerson, Step, Task, perceived_fields


class CounterfactualSimulation(Task):
    """The participant knows the network's answer to the clip and foretells that to the changed clip.

    Simulated without understanding, the participant names the word perceived.
    """

    name = "counterfactual-simulation"
    choice = "answer"
    verdicts = (Column("correct", "boolean", "whether the answer is the network's to the changed clip", outcome=True),)

    def steps(self, form: Form) -> tuple[Step, ...]:
        """One step, after the network's answer to the unchanged clip.

        What is perceived is asked in a step before: who knows the network's answer hears it more easily.
        """
        answer = label_field(
            "answer",
            labels=form.labels,
            description="what the participant says the network will answer to the changed clip",
        )
        foretold = Step((answer, confidence_field()), reveal="computer-answer")
        perceived = perceived_fields(form)
        return (Step(perceived), foretold) if perceived else (foretold,)

    def key(self, asked: Asked) -> str | None:
        """The network's answer to the changed clip."""
        return asked.changed_label

    def _answer_as(self, person: SimulatedPerson, *, asked: Asked) -> Answers:
        foreseen = asked.changed_label if person.understands else None
        return {"answer": foreseen or person.perceived_label, "confidence": draw_confidence(person.draw)}
