"""`results.json`: every number of the report, as records that refuse NaN; an unknown number is null."""

from typing import Any, Literal

from analysis.verdict import VerdictName
from earshot.dataset import Stage
from earshot.files import Strict

FORMAT_NAME: Literal["earshot-results"] = "earshot-results"
FORMAT_VERSION: Literal[2] = 2

Interval = tuple[float, float]


class OddsRecord(Strict):
    """A contrast of the mixed model: conditional log-odds with Wald's t, and the odds ratio of the same."""

    estimate: float
    se: float
    df: float
    t: float
    p: float
    interval: Interval
    odds_ratio: float | None
    odds_ratio_interval: tuple[float | None, float | None]
    unstable: bool


class RiskRecord(Strict):
    """A difference of differences of accuracies, in shares; `method` says how it was made."""

    estimate: float
    se: float | None
    df: float | None
    interval: Interval | None
    method: str


class GainRecord(RiskRecord):
    """What relevance adds over its control by one channel: a difference of accuracies, in shares."""

    channel: str


class PermutationRecord(Strict):
    """The permutation that decided; kept are participants with answers under both masks, by channel."""

    p: float
    n_permutations: int
    seed: int
    n_kept: dict[str, int]
    n_dropped: dict[str, int]


class StratumRecord(Strict):
    """channel:mask within one stratum: odds and risk; null where they could not be estimated.

    `gains` are the two differences whose difference `risk` is; `extreme_cells` those that make the odds unstable.
    """

    predictions: Literal["wrong", "right"]
    log_odds: OddsRecord | None
    risk: RiskRecord | None
    gains: list[GainRecord]
    extreme_cells: list[str]


class PrimaryRecord(StratumRecord):
    """The one contrast that decides, and by which p."""

    decided_by: Literal["mixed model", "participant permutation"] | None
    p: float | None
    reason_not_estimable: str | None
    depends_on_scale: bool
    permutation: PermutationRecord | None


class CellRecord(Strict):
    """One condition among right or among wrong predictions; `model_*` are the mixed model's marginal accuracies."""

    channel: str
    mask: str
    predictions: Literal["wrong", "right"]
    n_participants: int
    n_stimuli: int
    n_trials: int
    n_correct: int
    accuracy: float | None
    interval: Interval | None
    model_accuracy: float | None
    model_interval: Interval | None


class ConditionRecord(Strict):
    """One condition in one block among right or among wrong predictions, where no model is fitted.

    `n_correct` is null where the task has no right answer; `strategies` are what those that understand nothing would
    score, as far as the task allows them.
    """

    block: str
    condition: str
    task: str
    predictions: Literal["wrong", "right"]
    n_participants: int
    n_stimuli: int
    n_trials: int
    n_correct: int | None
    accuracy: float | None
    interval: Interval | None
    strategies: dict[str, float]


class ExclusionRecord(Strict):
    """A declared rule of the per-protocol analysis, and how many of the analysed it leaves out."""

    rule: str
    n: int


class FlagRecord(Strict):
    """A sign of careless or automated answers: its rule, and whom of the analysed it names; null: not recorded."""

    flag: str
    rule: str
    subjects: list[str] | None


class FactRecord(Strict):
    """One thing about the design, in words."""

    name: str
    words: str


class StrategyRecord(Strict):
    """What a strategy that understands nothing would score on the same trials; condition null: all of them."""

    strategy: str
    predictions: Literal["wrong", "right"]
    channel: str | None
    mask: str | None
    n_trials: int
    accuracy: float
    note: str


class SensitivityRecord(Strict):
    """One other way to the primary contrast: descriptive."""

    name: str
    scale: str
    estimate: float | None
    interval: Interval | None
    p: float | None
    note: str


class FlowRecord(Strict):
    """One step of the participant flow; `by_arm` null before allocation."""

    step: str
    n: int
    by_arm: dict[str, int] | None


class ArmRecord(Strict):
    """One arm: its conditions; allocated, analysed, and without a main answer."""

    arm: str
    conditions: list[str]
    weight: int
    n_allocated: int
    n_analysed: int
    n_without_main_answer: int


class CoefficientRecord(Strict):
    """One fixed effect, log-odds; nulls in a fit that did not converge."""

    name: str
    estimate: float
    se: float | None
    z: float | None


class VarianceRecord(Strict):
    """Standard deviation of one column's effect between participants or stimuli, log-odds."""

    group: str
    name: str
    sd: float
    variance: float


class ModelRecord(Strict):
    """The fitted primary model."""

    formula: str
    engine: str
    converged: bool
    reason: str | None
    singular: bool
    singular_components: list[str]
    log_likelihood: float
    aic: float
    bic: float
    n_trials: int
    n_participants: int
    n_stimuli: int
    coefficients: list[CoefficientRecord]
    variance_components: list[VarianceRecord]


class NetworkRecord(Strict):
    """One explained network: its files, how well it does, and the methods that explained it; a share may be unknown."""

    name: str
    sha256: dict[str, str]
    accuracy_heldout_takes: float | None
    accuracy_heldout_speakers: float | None
    methods: dict[str, str]


class ProvenanceRecord(Strict):
    """What every number hangs on; the R call only where the primary model was to be fitted."""

    dataset_file: str
    dataset_sha256: str
    slug: str
    protocol_version: int
    protocol_sha256: str
    allocation_seed_sha256: str
    bundle_name: str
    bundle_sha256: str
    corpus: str
    corpus_sha256: str
    networks: list[NetworkRecord]
    command: str
    r_call: str | None


class ScopeRecord(Strict):
    """What the results speak of: these stimuli, these speakers, these networks, this rendering."""

    n_participants: int
    n_networks: int
    n_stimuli_wrong: int
    n_stimuli_right: int
    n_speakers: int


class Results(Strict):
    """Everything that the report says.

    `verdict` and `sentence` come first; `estimand` says what the estimate is of; `notes` are the sentences that must
    stand with it. `is_supported` says whether this version estimates the declared contrast. Where it does not,
    `conditions` describe the data, and cells, strategies, sensitivity and model are empty. In a monitoring export
    everything that needs outcomes is null or empty.
    """

    format: Literal["earshot-results"] = FORMAT_NAME
    format_version: Literal[2] = FORMAT_VERSION
    title: str
    stage: Stage
    banner: str | None
    monitoring: bool
    is_supported: bool
    verdict: VerdictName
    sentence: str
    estimand: str
    notes: list[str]
    design: list[FactRecord]
    alpha: float
    interval_level: float
    scope: ScopeRecord
    primary: PrimaryRecord
    secondary: StratumRecord
    cells: list[CellRecord]
    conditions: list[ConditionRecord]
    strategies: list[StrategyRecord]
    sensitivity: list[SensitivityRecord]
    flow: list[FlowRecord]
    arms: list[ArmRecord]
    exclusions: list[ExclusionRecord]
    flags: list[FlagRecord]
    n_pilot_left_out: int
    n_other_version_left_out: int
    model: ModelRecord | None
    simulation: dict[str, Any] | None  # Any: the study's own declared parameters
    provenance: ProvenanceRecord
    versions: dict[str, str]
