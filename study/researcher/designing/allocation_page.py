"""What the chosen method of allocation can be expected to do: a simulation at the planned number, with pictures."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from earshot.allocation.record import ArmShare
from earshot.allocation.settings import AllocationSettings
from earshot.allocation.simulation import AllocationSimulation, Distribution, GroupImbalance, simulate_allocation
from earshot.allocation.theory import expected_guess_share
from earshot.derivation import arm_shares
from earshot.design.questionnaire_columns import factor_levels
from earshot.design.study_file import StudyFile
from earshot.errors import StudyError
from study.researcher.designing.access import find_study, researcher_view
from study.researcher.designing.views import page_context
from study.researcher.designing.words import value_word
from study.selectors import shown_design, study_design

N_RUNS = 1000
# Places simulated in one request, some ten seconds: beyond it there are fewer runs, and the page says so.
_MOST_PLACES = 300_000
# The simulation's own seed: pages of one design are the same, and it is no study's allocation seed.
_SEED = b"the page that simulates allocation"
_MOST_BARS = 12
_BAR_GAP = 2
_WIDEST_BAR = 48
# Of the drawings, in units of their own: they scale with the page.
_WIDTH, _FLOOR = 320, 100


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram, in the drawing's units, and what it stands for."""

    x: float
    y: float
    width: float
    height: float
    label: str
    share: float

    @property
    def middle(self) -> float:
        """Where the bar's words stand."""
        return round(self.x + self.width / 2, 2)


@dataclass(frozen=True)
class Quantiles:
    """How imbalanced a group was: median, 95 % and worst of all runs, and their places on a line of 0 to 100."""

    name: str
    median: float
    high: float
    most: float
    median_x: float
    high_x: float
    most_x: float


@researcher_view("study.view_study")
@require_safe
def study_allocation(request: HttpRequest, *, slug: str) -> HttpResponse:
    """Balance and predictability of the study's allocation, simulated."""
    study = find_study(slug)
    try:
        design = study_design(study) if study.draft is not None else shown_design(study)
    except StudyError as fault:
        messages.error(request, str(fault))
        return HttpResponseRedirect(reverse("study-check", args=[study.slug]))
    context = page_context(request, study=study, title=_("Allocation, simulated"), current="allocation")
    return render(request, "researcher/design/allocation.html", {**context, **_shown(design)})


def _shown(design: StudyFile) -> dict[str, object]:
    """What the page shows of the simulation."""
    simulation = simulate_design(design)
    arms = arm_shares(design)
    expected = expected_guess_share(
        design.allocation, arms=[ArmShare(arm.name, weight=arm.weight, quota=None) for arm in arms]
    )
    groups = (*simulation.strata, *simulation.single_levels)
    return {
        "method": _as_beginning(value_word(f"method.{design.allocation.method}")),
        "simulation": simulation,
        "arms": arms,
        "worst": histogram(simulation.imbalance.worst),
        "end": histogram(simulation.imbalance.end),
        "groups": _quantiles(groups),
        "guessed": _percent(simulation.guessed_share),
        "known": _percent(simulation.known_share),
        "heaviest": _percent(simulation.heaviest_share),
        "expected": None if expected is None else _percent(expected),
        "sentence": describe_predictability(simulation),
        "is_short": simulation.n_runs < N_RUNS,
    }


def simulate_design(design: StudyFile) -> AllocationSimulation:
    """The simulation of a design, kept by what it depends on; strata are taken to have levels of equal shares."""
    return _simulate(
        design.allocation.model_dump_json(),
        arms=tuple(arm_shares(design)),
        n_planned=design.n_planned,
        strata=_strata(design),
    )


@lru_cache(maxsize=16)
def _simulate(
    settings: str, *, arms: tuple[ArmShare, ...], n_planned: int, strata: tuple[tuple[str, tuple[str, ...]], ...]
) -> AllocationSimulation:
    """As `simulate_allocation`; settings as JSON, because calls are kept by their arguments."""
    return simulate_allocation(
        AllocationSettings.model_validate_json(settings),
        arms=arms,
        n_planned=n_planned,
        level_shares={factor: {level: 1 / len(levels) for level in levels} for factor, levels in strata},
        seed=_SEED,
        n_runs=max(1, min(N_RUNS, _MOST_PLACES // n_planned)),
    )


def describe_predictability(simulation: AllocationSimulation) -> str:
    """One plain sentence on how well the next assignment can be told."""
    return _(
        "Somebody who saw every assignment so far and always named the arm that is behind would be right in "
        "%(guessed)s of 100 assignments; who names the largest arm every time, in %(heaviest)s. %(known)s of 100 could "
        "be known for certain before they are made."
    ) % {
        "guessed": _percent(simulation.guessed_share),
        "heaviest": _percent(simulation.heaviest_share),
        "known": _percent(simulation.known_share),
    }


def histogram(distribution: Distribution) -> list[Bar]:
    """Bars of a distribution: one for each value, or for each of a few equal ranges where there are many."""
    counts = _binned(distribution.values)
    width = min(_WIDTH / len(counts), _WIDEST_BAR)
    highest = max(counts.values())
    return [
        Bar(
            x=round(place * width + _BAR_GAP / 2, 2),
            y=round(_FLOOR * (1 - count / highest), 2),
            width=round(width - _BAR_GAP, 2),
            height=round(_FLOOR * count / highest, 2),
            label=label,
            share=round(100 * count / len(distribution.values), 1),
        )
        for place, (label, count) in enumerate(counts.items())
    ]


def _binned(values: Sequence[float]) -> dict[str, int]:
    """How many runs have each value, by its words; ascending."""
    counts = Counter(values)
    if len(counts) <= _MOST_BARS:
        return {f"{value:.3g}": counts[value] for value in sorted(counts)}
    step = (values[-1] - values[0]) / _MOST_BARS
    numbers = Counter(min(int((value - values[0]) / step), _MOST_BARS - 1) for value in values)
    return {f"{values[0] + (place + 0.5) * step:.2g}": numbers[place] for place in range(_MOST_BARS)}


def _quantiles(groups: Sequence[GroupImbalance]) -> list[Quantiles]:
    """The worst imbalance along the way of each group, all on one scale."""
    most = max((group.imbalance.worst.maximum for group in groups), default=0.0) or 1.0
    found = []
    for group in groups:
        worst = group.imbalance.worst
        median, high, maximum = worst.quantile(0.5), worst.quantile(0.95), worst.maximum
        places = [round(100 * value / most, 1) for value in (median, high, maximum)]
        name = ", ".join(f"{factor}: {level}" for factor, level in group.levels.items())
        found.append(Quantiles(name, median, high, maximum, *places))
    return found


def _strata(design: StudyFile) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each factor of the allocation with its levels."""
    levels: Mapping[str, tuple[str, ...]] = {
        f"{questionnaire.name}-{item.name}": factor_levels(questionnaire, item=item.name)
        for questionnaire in design.questionnaires_at("before")
        for item in questionnaire.items
        if f"{questionnaire.name}-{item.name}" in design.allocation.strata
    }
    return tuple((name, levels[name]) for name in design.allocation.strata)


def _as_beginning(words: str) -> str:
    return words[:1].upper() + words[1:]


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"
