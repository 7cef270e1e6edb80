"""Zeroing by relevance, amplitude and at random, on a network that listens to one known sample."""

import numpy as np
import pytest
import torch

from explainer.manipulation.clips import Inputs, batches
from explainer.manipulation.results import SHARES
from explainer.manipulation.zeroing import count_right, rank, zero_out, zeroable
from explainer.networks.inputs import NetworkInput
from explainer.training.answering import answer
from tests.explainer.manipulation.world import (
    FIRST_SAMPLE,
    HEARD_SAMPLE,
    N_CLIP_SAMPLES,
    TRANSFORM,
    WAVEFORM,
    ListensToOneSample,
    all_clips,
    one_sample_task,
    recipe_of,
    tools_of,
)

N_CLIPS = 20
# of 40 samples the first share that rounds to one sample is 2 %
FIRST_WITH_ONE = SHARES.index(0.02)


def counts(explained: str = "predicted") -> dict[str, tuple[int, ...]]:
    task = one_sample_task(n_clips=N_CLIPS, recipe=recipe_of(method="epsilon", explained=explained))
    tools = tools_of(task, network=ListensToOneSample(), network_input=WAVEFORM)
    return {str(choice): own for choice, own in count_right(all_clips(task), tools=tools, seed=1).items()}


def test_zeroing_by_relevance_ruins_a_network_that_listens_to_one_sample_at_once() -> None:
    right = counts()["relevance"]
    assert right[:FIRST_WITH_ONE] == (N_CLIPS,) * FIRST_WITH_ONE
    assert right[FIRST_WITH_ONE:] == (0,) * (len(SHARES) - FIRST_WITH_ONE)


def test_zeroing_by_amplitude_spares_the_quietest_sample() -> None:
    assert counts()["amplitude"] == (N_CLIPS,) * len(SHARES)


def test_zeroing_at_random_hits_the_sample_as_often_as_chance_says() -> None:
    right = counts()["random"]
    # binomial: each clip loses its sample with the probability of the share, rounded to samples; 4 sd allowed
    for share, n_right in zip(SHARES, right, strict=True):
        hit = round(share * N_CLIP_SAMPLES) / N_CLIP_SAMPLES
        sd = np.sqrt(N_CLIPS * hit * (1 - hit))
        assert abs(N_CLIPS - n_right - N_CLIPS * hit) <= 4 * sd
    assert list(right) == sorted(right, reverse=True)  # what is zeroed stays zeroed


def test_random_places_are_drawn_from_the_seed() -> None:
    task = one_sample_task(n_clips=N_CLIPS)
    tools = tools_of(task, network=ListensToOneSample(), network_input=WAVEFORM)
    first, again, other = (count_right(all_clips(task), tools=tools, seed=seed)["random"] for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_relevance_of_another_label_is_another_test() -> None:
    # "none" has a bias and no weights: nothing is relevant to it, and the first samples of the clip go first
    right = counts(explained="none")["relevance"]
    n_before = HEARD_SAMPLE - FIRST_SAMPLE
    assert [n > 0 for n in right] == [round(share * N_CLIP_SAMPLES) <= n_before for share in SHARES]


def test_without_zeroing_accuracy_is_the_plain_one() -> None:
    task = one_sample_task(n_clips=N_CLIPS)
    part = all_clips(task)
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(TRANSFORM.n_samples, 3))
    tools = tools_of(task, network=network, network_input=WAVEFORM)
    logits = answer(network, signals=part.signals, network_input=WAVEFORM, n_threads=1)
    expected = int((logits.argmax(dim=1) == torch.tensor(part.labels)).sum())
    assert {own[0] for own in count_right(part, tools=tools, seed=1).values()} == {expected}


def one_batch(network_input: NetworkInput) -> Inputs:
    task = one_sample_task(n_clips=2)
    tools = tools_of(task, network=ListensToOneSample(), network_input=network_input)
    (batch,) = batches(all_clips(task), tools=tools, doing="testing")
    return batch


def test_samples_of_the_padding_are_never_chosen() -> None:
    batch = one_batch(WAVEFORM)
    chosen = zeroable(batch, network_input=WAVEFORM)
    inside = torch.zeros(TRANSFORM.n_samples, dtype=torch.bool)
    inside[FIRST_SAMPLE : FIRST_SAMPLE + N_CLIP_SAMPLES] = True
    assert torch.equal(chosen, inside.expand_as(chosen))


@pytest.mark.parametrize(("range_db", "floor"), [(80.0, 0.25), (20.0, 0.0)])
def test_cells_within_60_db_of_the_loudest_are_chosen(range_db: float, floor: float) -> None:
    takes = NetworkInput(kind="spectrogram", transform=TRANSFORM, range_db=range_db)
    batch = one_batch(takes)
    assert torch.equal(zeroable(batch, network_input=takes), batch.inputs > floor)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 1.0])
def test_share_of_the_largest_scores_is_zeroed_and_nothing_else(share: float) -> None:
    draws = np.random.default_rng(3)
    scores, inputs = draws.integers(-4, 5, (2, 50)).astype(np.float64), draws.uniform(1, 2, (2, 50))
    among = draws.random((2, 50)) < 0.7
    found = zero_out(
        torch.tensor(inputs)[:, None],
        ranks=rank(torch.tensor(scores), among=torch.tensor(among)),
        among=torch.tensor(among)[:, None],
        share=share,
    )
    for row in range(2):
        allowed = [place for place in range(50) if among[row, place]]
        chosen = sorted(allowed, key=lambda place: (-scores[row, place], place))[: round(share * len(allowed))]
        assert np.flatnonzero(found[row, 0].numpy() == 0).tolist() == sorted(chosen)
        kept = [place for place in range(50) if place not in chosen]
        assert np.array_equal(found[row, 0].numpy()[kept], inputs[row, kept])
