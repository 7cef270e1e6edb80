"""Results made by hand."""

from collections.abc import Mapping, Sequence

from explainer.manipulation.results import (
    CHOICES,
    EXPONENTS,
    READ_SHARE,
    SHARES,
    Choice,
    Manipulation,
    Part,
    ScalingCurve,
    Subject,
    ZeroingCurve,
)

N_CLIPS = 100
READ = SHARES.index(READ_SHARE)


def zeroing_curves(part: Part, *, at_read: Mapping[Choice, Sequence[int]]) -> list[ZeroingCurve]:
    """All right but at the share that is read, where the numbers of right answers by seed are given."""

    def counts(n_right: int) -> tuple[int, ...]:
        return tuple(n_right if index == READ else N_CLIPS for index in range(len(SHARES)))

    return [ZeroingCurve(part, choice, N_CLIPS, tuple(counts(n) for n in at_read[choice])) for choice in CHOICES]


def scaling_curve(part: Part, *, ends: Sequence[tuple[int, int]]) -> ScalingCurve:
    """All of 50 male and 50 female voices right, but at the two ends only some female ones, by seed."""

    def count(exponent: float, *, own: tuple[int, int]) -> dict[str, int]:
        n_female = {-1.0: own[0], 1.0: own[1]}.get(exponent, 50)
        return {"male": 50, "female": n_female}

    return ScalingCurve(
        part,
        {"male": 50, "female": 50},
        tuple(tuple(count(exponent, own=own) for exponent in EXPONENTS) for own in ends),
    )


def made(
    *,
    at_read: Mapping[Choice, Sequence[int]] | None = None,
    scaling: Sequence[ScalingCurve] = (),
    parts: Sequence[Part] = ("heldout_takes",),
) -> Manipulation:
    counts = at_read or {"relevance": (50, 52, 54), "amplitude": (60, 61, 65), "random": (99, 99, 99)}
    subject = Subject(
        name="made",
        corpus="made <corpus>",
        corpus_sha256="0" * 64,
        label_column="sex" if scaling else "digit",
        labels=("male", "female") if scaling else tuple("0123456789"),
        architecture="planted",
        seeds=(1, 2, 3),
        unit="cells" if scaling else "samples",
        method="epsilon",
        explained="predicted",
        networks_sha256=("1" * 64, "2" * 64, "3" * 64),
    )
    return Manipulation(
        subject=subject,
        zeroing=tuple(curve for part in parts for curve in zeroing_curves(part, at_read=counts)),
        scaling=tuple(scaling),
        not_scaled=None if scaling else "the networks tell 'digit'",
    )
