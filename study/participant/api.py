"""The JSON endpoints of the trials page: parse, call one service or selector, answer."""

import uuid
from typing import Annotated, Any, TypeVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from pydantic import Field, StringConstraints, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from earshot.circumstances import Circumstances
from earshot.errors import describe_validation
from earshot.files import Strict
from study.headphones import MOST_ATTEMPTS, N_INTERVALS
from study.local_texts import language_of
from study.models import Enrolment, Study
from study.participant.authentication import EnrolmentAuthentication
from study.participant_state import enrolment_state, shown_trial
from study.presentation import trial_feedback
from study.refusals import Refusal
from study.selectors import enrolments_with_study, study_by_slug, study_protocol
from study.services.enrolments import check_open, enrolment_pass_sound_check, enrolment_seen
from study.services.headphones import enrolment_check_headphones
from study.services.responses import Answer, Beginning, first_answer_record, response_record, trial_begin
from study.services.windows import Claim, enrolment_claim_window, enrolment_leave_window
from study.task_forms import label_word

MAX_BODY_BYTES = 64 * 1024

_LONGEST_MS = 2**31 - 1  # what the column holds: 24 days
_MOST_PLAYS = 1000  # far above any study's max_plays, which the service checks
_MOST_FIELDS = 20  # above what any task asks, which the service checks

Label = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Milliseconds = Annotated[int, Field(ge=0, le=_LONGEST_MS)]
Plays = Annotated[int, Field(ge=0, le=_MOST_PLAYS)]
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=80)]
# A union of strict types: true is none of them.
FieldAnswers = Annotated[dict[FieldName, Label | int], Field(max_length=_MOST_FIELDS)]


class WindowForm(Strict):
    """The window that leads, or gives a sign of life; `leave`: it is closed.

    `previous_id` is the window that led in the same tab before the page was loaded again.
    """

    window_id: uuid.UUID
    previous_id: uuid.UUID | None = None
    take_over: bool = False
    leave: bool = False


class BeginForm(Strict):
    """The beginning of a trial; `begin_id` is the page's own, one each time it shows the trial.

    `age_ms`, here and below: how long ago that was when it was sent.
    """

    begin_id: uuid.UUID
    window_id: uuid.UUID | None = None
    age_ms: Milliseconds = 0


class SoundCheckForm(Strict):
    """Which word was heard."""

    answer: Label


class HeadphonesForm(Strict):
    """An attempt at the headphone check, from 0: the interval chosen in each of its trials, from 1."""

    attempt: Annotated[int, Field(ge=0, lt=MOST_ATTEMPTS)]
    answers: Annotated[list[Annotated[int, Field(ge=1, le=N_INTERVALS)]], Field(max_length=_MOST_FIELDS)]


class FirstAnswerForm(Strict):
    """The answers to the first of two steps, before the computer's answer is told."""

    answers: FieldAnswers


class AnswerForm(Strict):
    """An answer as the browser sends it; units and zeros of the clocks as in `services.responses.Answer`."""

    client_id: uuid.UUID
    answers: FieldAnswers
    rt_ms: Milliseconds
    onset_to_response_ms: Milliseconds
    plays: Plays
    second_plays: Plays
    original_plays: Plays
    heard_share: Annotated[float, Field(ge=0.0, le=1.0)]
    circumstances: Circumstances
    begin_id: uuid.UUID | None = None
    age_ms: Milliseconds = 0

    def answer(self) -> Answer:
        """What the trial is answered with."""
        named = {name: getattr(self, name) for name in AnswerForm.model_fields if name not in ("begin_id", "age_ms")}
        return Answer(**named | {"circumstances": self.circumstances.model_dump()})


FormModel = TypeVar("FormModel", bound=Strict)


def read_form(request: Request, form: type[FormModel]) -> FormModel:
    """The body of `request` as `form`, types taken strictly: true is no 1, and "3" is no 3.

    Raises
    ------
    Refusal
        `malformed` if the body is over 64 kB or does not fit; the message names each fault.
    """
    try:
        n_bytes = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise Refusal("malformed", "Content-Length is no number") from None
    if n_bytes > MAX_BODY_BYTES:
        raise Refusal("malformed", f"the body has {n_bytes} bytes; at most {MAX_BODY_BYTES} are taken")
    try:
        return form.model_validate_json(request._request.body, strict=True)
    except ValidationError as error:
        raise Refusal("malformed", describe_validation(error, whole="the body")) from error


class ParticipantApi(APIView):
    """What all endpoints share: an open study, an enrolment in it, answers that no cache keeps."""

    authentication_classes = [EnrolmentAuthentication]
    study: Study

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer in the participant's language, which `initial` finds and which ends with the request."""
        with translation.override(translation.get_language()):
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find the study before anybody is authenticated in it; Any is DRF's own signature."""
        study = study_by_slug(kwargs["slug"])
        if study is None:
            raise Refusal("unknown-study", f"there is no study '{kwargs['slug']}'")
        check_open(study)
        self.study = study
        super().initial(request, *args, **kwargs)
        translation.activate(language_of(self.enrolment))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Forbid caches and search engines to keep the answer; Any is DRF's own signature."""
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex"
        return super().finalize_response(request, response, *args, **kwargs)

    @property
    def enrolment(self) -> Enrolment:
        """Whoever sent the request."""
        enrolment: Enrolment = self.request.user  # type: ignore[assignment]  # set by EnrolmentAuthentication
        return enrolment


class EnrolmentStateApi(ParticipantApi):
    """Where the participant stands."""

    def get(self, request: Request, slug: str) -> Response:
        """The state, with the trial that is next."""
        enrolment_seen(enrolment=self.enrolment)
        return Response(enrolment_state(self.enrolment))


class EnrolmentWindowApi(ParticipantApi):
    """The lease of the one window that leads through the trials."""

    def post(self, request: Request, slug: str) -> Response:
        """That this window leads, or has let go."""
        form = read_form(request, WindowForm)
        if form.leave:
            enrolment_leave_window(enrolment=self.enrolment, window_id=form.window_id)
        else:
            claim = Claim(form.window_id, previous_id=form.previous_id, take_over=form.take_over)
            enrolment_claim_window(enrolment=self.enrolment, claim=claim)
        return Response({"leads": not form.leave})


class EnrolmentSoundCheckApi(ParticipantApi):
    """The sound check, which allocates when it is passed first."""

    def post(self, request: Request, slug: str) -> Response:
        """Whether the word was heard rightly."""
        form = read_form(request, SoundCheckForm)
        return Response({"passed": enrolment_pass_sound_check(enrolment=self.enrolment, answer=form.answer)})


class EnrolmentHeadphonesApi(ParticipantApi):
    """The headphone check, after the sound check."""

    def post(self, request: Request, slug: str) -> Response:
        """Whether it was passed, and how many attempts are left."""
        form = read_form(request, HeadphonesForm)
        outcome = enrolment_check_headphones(enrolment=self.enrolment, attempt=form.attempt, answers=form.answers)
        return Response({"passed": outcome.passed, "n_attempts_left": outcome.n_attempts_left})


class TrialBeginApi(ParticipantApi):
    """The beginning of a trial, from which its dwell counts."""

    def post(self, request: Request, slug: str, trial_code: uuid.UUID) -> Response:
        """How often the trial was begun before."""
        form = read_form(request, BeginForm)
        beginning = Beginning(begin_id=form.begin_id, age_ms=form.age_ms, window_id=form.window_id)
        n_reloads = trial_begin(enrolment=self.enrolment, trial_code=trial_code, beginning=beginning)
        return Response({"n_reloads": n_reloads})


class FirstAnswerApi(ParticipantApi):
    """The answer to the first of a trial's two steps: stored, then the computer's answer is told."""

    def post(self, request: Request, slug: str, trial_code: uuid.UUID) -> Response:
        """The computer's answer, and the answers that stay."""
        form = read_form(request, FirstAnswerForm)
        trial = first_answer_record(enrolment=self.enrolment, trial_code=trial_code, answers=form.answers)
        design = study_protocol(self.enrolment.version).design
        predicted = trial.stimulus.predicted_label if trial.stimulus is not None else ""
        return Response({"told": label_word(predicted, design=design), "first_answers": trial.first_answers})


class ResponseCreateApi(ParticipantApi):
    """The answer to a trial: stored, then acknowledged."""

    def post(self, request: Request, slug: str, trial_code: uuid.UUID) -> Response:
        """The acknowledgement: where the block gives feedback with what is told, and always with what is next."""
        form = read_form(request, AnswerForm)
        response = response_record(
            enrolment=self.enrolment,
            trial_code=trial_code,
            answer=form.answer(),
            begin_id=form.begin_id,
            age_ms=form.age_ms,
        )
        enrolment = enrolments_with_study().get(pk=self.enrolment.pk)
        feedback = trial_feedback(
            shown_trial(response.trial),
            answers=response.answers,
            design=study_protocol(enrolment.version).design,
            labels=enrolment.version.study.bundle.labels,
        )
        return Response({"stored": True, "feedback": feedback, "state": enrolment_state(enrolment)})
