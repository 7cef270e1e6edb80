"""Rating: statements on a Likert or a visual analogue scale."""

from earshot.design.names import describe_text
from earshot.tasks.fields import Answers, Field
from earshot.tasks.task import Asked, Form, RatingSettings, SimulatedPerson, Statement, Step, Task


class Rating(Task):
    """The participant rates statements; nothing is right or wrong. Simulated, ratings are uniform."""

    name = "rating"
    choice = None
    verdicts = ()

    def steps(self, form: Form) -> tuple[Step, ...]:
        """One step with a field per statement, `rating_<statement>` with underscores.

        Raises
        ------
        ValueError
            If the form has no statements.
        """
        if form.rating is None:
            raise ValueError("rating is missing; the task 'rating' needs the study's statements and their scale")
        rating = form.rating
        return (Step(tuple(_rating_field(statement, rating=rating) for statement in rating.statements)),)

    def key(self, asked: Asked) -> None:
        """None: no rating is right."""

    def _answer_as(self, person: SimulatedPerson, *, asked: Asked) -> Answers:
        fields = self.fields(asked)
        return {field.name: person.draw.choice(field.integers) for field in fields if field.integers is not None}


def _rating_field(statement: Statement, *, rating: RatingSettings) -> Field:
    least, most = describe_text(statement.least_text), describe_text(statement.most_text)
    meaning = f'rating of "{describe_text(statement.text)}" from {rating.least} ({least}) to {rating.most} ({most})'
    name = f"rating_{statement.name.replace('-', '_')}"
    return Field(name, "integer", meaning, integers=range(rating.least, rating.most + 1))
