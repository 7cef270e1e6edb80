from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from earshot.errors import StudyError
from earshot.protocol import parse_protocol
from study.export.dataset import dataset_export
from study.models import Bundle, Enrolment, Event, Response, Stage, Study, Trial
from study.selectors import enrolment_next_step
from study.services.studies import study_close, study_create, study_launch, study_load
from study.simulation.behaviour import ATTENTION_PASSED_SHARE
from study.simulation.runs import SimulationPlan, study_simulate
from tests.designs import design_fields
from tests.tiny_bundle import write_study_file

PLAN = SimulationPlan(n_per_arm=4, effect_log_odds=1.0, listeners="model", seed=7)


def simulate(*arguments: str) -> str:
    out = StringIO()
    call_command("simulate", *arguments, stdout=out)
    return out.getvalue()


def enrolments_of(clone: Study) -> list[Enrolment]:
    return list(Enrolment.objects.filter(version__study=clone).select_related("version__study__bundle"))


def responses_to(clone: Study, **wanted: Any) -> list[Response]:
    found = Response.objects.filter(trial__enrolment__version__study=clone, **wanted)
    return list(found.select_related("trial__stimulus", "trial__enrolment"))


def test_simulate_fills_a_clone_and_leaves_the_study_alone(study: Study) -> None:
    n_events = Event.objects.filter(study=study).count()
    said = simulate("digits", "--participants", "4", "--effect", "1.0", "--seed", "7")
    clone = Study.objects.get(slug="digits-simulated-7")
    assert "digits-simulated-7" in said
    assert clone.stage == Stage.SIMULATED
    assert clone.cloned_from == study
    given = [(enrolment.arm, enrolment.sequence) for enrolment in enrolments_of(clone)]
    assert sorted(given) == [(arm, sequence) for arm in ("heard", "seen") for sequence in range(4)]
    assert Trial.objects.filter(enrolment__version__study=clone).count() == 8 * 6
    assert len(responses_to(clone)) == 8 * 6
    assert not Enrolment.objects.filter(version__study=study).exists()
    assert Event.objects.filter(study=study).count() == n_events
    assert study.versions.get().n_allocated == 0
    assert clone.versions.get().n_allocated == 8


def test_simulated_people_are_complete_in_a_plausible_order_of_times(study: Study) -> None:
    clone = study_simulate(study=study, plan=PLAN)
    for enrolment in enrolments_of(clone):
        times = [enrolment.consented_at, enrolment.sound_checked_at, enrolment.allocated_at]
        times += [enrolment.training_completed_at, enrolment.completed_at]
        assert None not in times
        assert times == sorted(time for time in times if time is not None)
        assert enrolment.completion_code
        assert enrolment.stage == "simulated"
        assert enrolment_next_step(enrolment).kind == "complete"
        clock = enrolment.allocated_at
        assert clock is not None
        for trial in enrolment.trials.select_related("response"):
            assert trial.begun_at is not None
            assert clock < trial.begun_at < trial.response.answered_at
            clock = trial.response.answered_at
        assert clock == enrolment.completed_at


def test_every_response_fits_the_rules_people_answer_under(study: Study) -> None:
    clone = study_simulate(study=study, plan=PLAN)
    for response in responses_to(clone):
        response.full_clean()
        assert response.onset_to_response_ms - response.rt_ms == 4000
        assert 1 <= response.plays <= 3
        assert response.second_plays == 0
        assert response.answers["answer"] in clone.bundle.labels


def test_parameters_stand_in_the_clone(study: Study) -> None:
    clone = study_simulate(study=study, plan=PLAN)
    assert clone.simulation is not None
    assert clone.simulation["effect_log_odds"] == 1.0
    assert clone.simulation["listeners"] == "model"
    assert clone.simulation["seed"] == 7
    assert clone.simulation["participants_per_arm"] == 4
    assert clone.simulation["attention_passed_share"] == ATTENTION_PASSED_SHARE
    assert clone.simulation["parameters"]["participant_sd"] == 0.7
    assert clone.simulation["parameters"]["betas"]["model_correct"] == 1.0


def test_truth_namers_say_what_they_recognise_by_ear(study: Study) -> None:
    simulate("digits", "--participants", "20", "--seed", "1", "--listeners", "truth-namer")
    clone = Study.objects.get(slug="digits-truth-namers-1")
    assert clone.simulation is not None
    assert clone.simulation["recognised_share"] == {"sound": 0.90, "picture": 0.15, "both": 0.90}
    share = {}
    for arm in ("heard", "seen"):
        named = [
            response.trial.stimulus is not None and response.answers["answer"] == response.trial.stimulus.true_label
            for response in responses_to(clone, trial__enrolment__arm=arm)
        ]
        share[arm] = sum(named) / len(named)
    # three labels: .90 + .10/3 by ear, .15 + .85/3 by eye; 120 answers each
    assert share["heard"] == pytest.approx(0.933, abs=0.08)
    assert share["seen"] == pytest.approx(0.433, abs=0.15)


def test_one_seed_exports_the_same_bytes(study: Study, tmp_path: Path) -> None:
    for name in ("first.zip", "second.zip"):
        with transaction.atomic():
            dataset_export(study=study_simulate(study=study, plan=PLAN), out=tmp_path / name)
            transaction.set_rollback(True)
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()


def test_a_closed_study_can_be_simulated(study: Study) -> None:
    clone = study_simulate(study=study_close(study=study), plan=PLAN, slug="later")
    assert clone.slug == "later"


def test_a_draft_can_be_simulated_and_stays_one(bundle: Bundle) -> None:
    draft = study_create(fields=design_fields(simulation={"participant_sd": 0.9}))
    simulate("digits", "--participants", "4", "--seed", "7")
    clone = Study.objects.get(slug="digits-simulated-7")
    assert (clone.stage, clone.cloned_from) == (Stage.SIMULATED, draft)
    assert clone.simulation is not None
    assert clone.simulation["parameters"]["participant_sd"] == 0.9
    protocol = parse_protocol(bytes(clone.versions.get().protocol))
    assert protocol.design.simulation.participant_sd == 0.9
    draft.refresh_from_db()
    assert draft.stage == Stage.DRAFT
    assert not draft.versions.exists()


def test_a_simulated_draft_can_still_be_launched_on_the_same_stimuli(draft: Study) -> None:
    clone = study_simulate(study=draft, plan=PLAN)
    launched = study_launch(study=draft)
    plans = [parse_protocol(bytes(version.protocol)).plan for version in (clone.versions.get(), launched)]
    assert plans[0] == plans[1]


@pytest.mark.parametrize("slug", ["Bad Slug/../x", "", "1digit", "x" * 64])
def test_a_faulty_slug_is_refused(study: Study, slug: str) -> None:
    with pytest.raises(CommandError, match=r"slug is '.*--slug") as fault:
        simulate("digits", "--participants", "4", "--seed", "7", "--slug", slug)
    assert fault.value.returncode == 2
    assert Study.objects.count() == 1


def test_the_default_slug_of_a_long_one_is_shortened(bundle: Bundle, tmp_path: Path) -> None:
    long = "a" * 40 + "-" + "b" * 22
    study = study_load(path=write_study_file(tmp_path / "long.toml", slug=long))
    clone = study_simulate(study=study, plan=SimulationPlan(1, 0.0, "truth-namer", 12345))
    assert clone.slug == "a" * 40 + "-bbb-truth-namers-12345"
    assert len(clone.slug) == 63


@pytest.mark.parametrize("effect", ["1e6", "-1e6"])
def test_a_huge_effect_decides_every_answer(study: Study, effect: str) -> None:
    simulate("digits", "--participants", "2", "--seed", "7", f"--effect={effect}")
    clone = Study.objects.get(slug="digits-simulated-7")
    for response in responses_to(clone, trial__kind="main"):
        trial = response.trial
        assert trial.stimulus is not None
        if trial.stimulus.model_correct:
            continue
        same_sign = trial.condition in ("sound-relevance", "picture-control")
        is_correct = response.answers["answer"] == trial.stimulus.predicted_label
        assert is_correct == (same_sign == (float(effect) > 0))


@pytest.mark.parametrize("n", ["0", "-3", "1000000000"])
def test_an_absurd_number_of_participants_is_refused(study: Study, n: str) -> None:
    with pytest.raises(CommandError, match=f"participants is {n}; expected at least 1 and at most 10000") as fault:
        simulate("digits", f"--participants={n}", "--seed", "7")
    assert fault.value.returncode == 2
    assert Study.objects.count() == 1


def test_a_simulated_study_is_refused(study: Study) -> None:
    study_simulate(study=study, plan=PLAN)
    with pytest.raises(CommandError, match="itself simulated"):
        simulate("digits-simulated-7", "--participants", "4", "--seed", "8")


def test_a_taken_slug_is_refused(study: Study) -> None:
    study_simulate(study=study, plan=PLAN)
    n_responses = Response.objects.count()
    with pytest.raises(CommandError, match="slug 'digits-simulated-7' is taken"):
        simulate("digits", "--participants", "4", "--seed", "7")
    assert Response.objects.count() == n_responses


def test_an_unknown_study_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="study is 'nowhere'"):
        simulate("nowhere", "--participants", "4", "--seed", "7")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_per_arm": 0}, "participants is 0; expected at least 1"),
        ({"effect_log_odds": float("nan")}, "effect is nan; expected a finite number"),
        ({"seed": -1}, "seed is -1; expected a whole number of at least 0"),
        ({"listeners": "parrot"}, "listeners is 'parrot'; expected model or truth-namer"),
    ],
)
def test_a_plan_that_cannot_be_simulated_is_refused(study: Study, changes: dict[str, object], message: str) -> None:
    plan = SimulationPlan(**{**PLAN.__dict__, **changes})
    with pytest.raises(StudyError, match=message):
        study_simulate(study=study, plan=plan)
    assert Study.objects.count() == 1
