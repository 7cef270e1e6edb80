"""Forward simulation: "Which digit did the computer answer? It may be wrong." (hase2020, sec. 3)."""

from earshot.dataset import Column
from earshot.tasks.fields import Answers, confidence_field, draw_confidence, label_field
from earshot.tasks.task import Asked, Form, SimulatedPerson, Step, Task, perceived_fields


class ForwardSimulation(Task):
    """The participant tells the network's answer to the stimulus; that answer is the right one.

    Simulated without understanding, the participant names the word perceived.
    """

    name = "forward-simulation"
    choice = "answer"
    verdicts = (Column("correct", "boolean", "whether the participant's answer is the network's", outcome=True),)

    def steps(self, form: Form) -> tuple[Step, ...]:
        """One step."""
        answer = label_field("answer", labels=form.labels, description="what the participant says the network answered")
        return (Step((*perceived_fields(form), answer, confidence_field())),)

    def key(self, asked: Asked) -> str:
        """The network's answer."""
        return asked.predicted_label

    def _answer_as(self, person: SimulatedPerson, *, asked: Asked) -> Answers:
        answer = asked.predicted_label if person.understands else person.perceived_label
        return {"answer": answer, "confidence": draw_confidence(person.draw)}
