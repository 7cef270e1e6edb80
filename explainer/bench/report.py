"""What explaining costs: our engine beside zennit, captum, and the floor, which is the price of an input gradient.

Times are wall-clock medians of alternating runs: every round runs each contender once, so that what else the machine
does meets them alike; ratios are medians of the rounds' own ratios. Memory is the peak of a fresh process above what it
held once network and inputs were loaded.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import torch

from explainer.bench.contenders import CONTENDERS, FLOOR, Contender, Load, load, make_contender
from explainer.bench.stimulus import StimulusTiming, time_stimulus

_N_ROUNDS: Final = 10
_BATCH_SIZES: Final = (1, 8, 16)
_N_THREADS: Final = (1, 2)
_CUDA_BATCH_SIZE: Final = 256
_MEASURED_BATCH_SIZE: Final = 16
_MEASURED: Final = (FLOOR, "direct")
_NETWORKS: Final = ("audionet", "alexnet")


@dataclass(frozen=True)
class Timing:
    """One network, batch size and number of threads.

    Attributes
    ----------
    ms_per_clip : mapping of contender to milliseconds
        None where a library is not installed.
    over_floor : mapping of contender to its time over that of forward and input gradient
    zennit_over_direct : float
    """

    network: str
    batch_size: int
    n_threads: int
    ms_per_clip: dict[str, float | None]
    over_floor: dict[str, float | None]
    zennit_over_direct: float


@dataclass(frozen=True)
class Memory:
    """Peak memory of one batch above that after loading, in MiB; None where the system does not tell."""

    network: str
    batch_size: int
    floor_mib: float | None
    direct_mib: float | None
    direct_over_floor: float | None


@dataclass(frozen=True)
class Throughput:
    """Clips per second on a CUDA GPU."""

    network: str
    batch_size: int
    clips_per_second: dict[str, float]


@dataclass(frozen=True)
class Bench:
    """All that was measured, and on what; `cuda` is empty where there is no CUDA GPU."""

    torch_version: str
    n_cores: int
    n_rounds: int
    timings: list[Timing]
    memory: list[Memory]
    stimuli: list[StimulusTiming]
    cuda: list[Throughput]


def run_bench(*, quick: bool = False) -> Bench:
    """Measure everything; some minutes, or with `quick` some seconds for one small batch each and no memory."""
    n_rounds = 2 if quick else _N_ROUNDS
    batch_sizes, threads = ((2,), (1,)) if quick else (_BATCH_SIZES, _N_THREADS)
    return Bench(
        torch_version=torch.__version__,
        n_cores=os.cpu_count() or 1,
        n_rounds=n_rounds,
        timings=[
            _time(network, batch_size=batch_size, n_threads=n_threads, n_rounds=n_rounds)
            for network in _NETWORKS
            for batch_size in batch_sizes
            for n_threads in threads
        ],
        memory=[] if quick else [_measure(network) for network in _NETWORKS],
        stimuli=[
            time_stimulus(network, batch_size=2 if quick else _MEASURED_BATCH_SIZE, n_rounds=n_rounds)
            for network in _NETWORKS
        ],
        cuda=[_time_on_cuda(network) for network in _NETWORKS] if torch.cuda.is_available() else [],
    )


def print_bench(*, as_json: bool = False, quick: bool = False) -> None:
    """Measure, and print tables or JSON."""
    bench = run_bench(quick=quick)
    print(json.dumps(asdict(bench), indent=2) if as_json else format_bench(bench))


def _time(network: str, *, batch_size: int, n_threads: int, n_rounds: int) -> Timing:
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        loaded = load(network, batch_size=batch_size)
        made = {name: make_contender(name, loaded) for name in CONTENDERS}
        rounds = _run_rounds({name: run for name, run in made.items() if run is not None}, n_rounds=n_rounds)
    finally:
        torch.set_num_threads(before)
    return Timing(
        network=network,
        batch_size=batch_size,
        n_threads=n_threads,
        ms_per_clip={
            name: round(1000 * statistics.median(rounds[name]) / batch_size, 2) if name in rounds else None
            for name in CONTENDERS
        },
        over_floor={
            name: _ratio(rounds[name], rounds[FLOOR]) if name in rounds else None
            for name in CONTENDERS
            if name != FLOOR
        },
        zennit_over_direct=_ratio(rounds["zennit"], rounds["direct"]),
    )


def _run_rounds(contenders: dict[str, Contender], *, n_rounds: int) -> dict[str, list[float]]:
    """Seconds of each contender in each round, after one round that does not count.

    Each round begins with another contender: what one leaves in caches and memory meets all others in turn.
    """
    names = list(contenders)
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(n_rounds + 1):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            elapsed = _seconds(contenders[name])
            if number > 0:
                seconds[name].append(elapsed)
    return seconds


def _seconds(run: Contender) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _ratio(seconds: Sequence[float], others: Sequence[float]) -> float:
    return round(statistics.median(mine / other for mine, other in zip(seconds, others, strict=True)), 3)


def _measure(network: str) -> Memory:
    floor, direct = (_peak_mib(network, contender=name) for name in _MEASURED)
    return Memory(
        network=network,
        batch_size=_MEASURED_BATCH_SIZE,
        floor_mib=floor,
        direct_mib=direct,
        direct_over_floor=None if floor is None or direct is None else round(direct / floor, 3),
    )


def _peak_mib(network: str, *, contender: str) -> float | None:
    """Of a fresh process that runs one contender; None where the system does not tell."""
    command = [sys.executable, "-m", "explainer.bench.memory", network, contender, str(_MEASURED_BATCH_SIZE)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  # our own module
    return json.loads(done.stdout)["peak_mib"]  # type: ignore[no-any-return]  # what bench_memory printed


def _time_on_cuda(network: str) -> Throughput:
    loaded = load(network, batch_size=_CUDA_BATCH_SIZE, device="cuda")
    found = {}
    for name in (FLOOR, "direct", "zennit"):
        run = _synchronised(loaded, name=name)
        run()
        found[name] = round(_CUDA_BATCH_SIZE / statistics.median(_seconds(run) for _ in range(_N_ROUNDS)), 1)
    return Throughput(network=network, batch_size=_CUDA_BATCH_SIZE, clips_per_second=found)


def _synchronised(loaded: Load, *, name: str) -> Callable[[], None]:
    contender = make_contender(name, loaded)

    def run() -> None:
        if contender is not None:
            contender()
        torch.cuda.synchronize()

    return run


def format_bench(bench: Bench) -> str:
    """The tables, in Markdown."""
    lines = [
        f"torch {bench.torch_version}, {bench.n_cores} cores; ms per clip, median of {bench.n_rounds} alternating runs,"
        " and over the floor (forward + input gradient)",
        "",
        "| network | batch | threads | " + " | ".join(CONTENDERS.values()) + " | zennit / direct |",
        "|---" * (len(CONTENDERS) + 4) + "|",
    ]
    lines += [_format_timing(timing) for timing in bench.timings]
    lines += [
        f"peak memory above loading, {each.network}, batch {each.batch_size}: direct {_shown(each.direct_mib)} MiB,"
        f" floor {_shown(each.floor_mib)} MiB, ratio {_shown(each.direct_over_floor)}"
        for each in bench.memory
    ]
    lines += [
        f"a full stimulus, {each.network}, batch {each.batch_size}, one thread, ms per clip: "
        + ", ".join(f"{part} {ms:.1f}" for part, ms in each.ms_per_clip.items())
        + f"; rendering over relevance {each.rendering_over_relevance:.2f} ({each.n_fair} clips with a fair control)"
        for each in bench.stimuli
    ]
    lines += [
        f"CUDA, {each.network}, batch {each.batch_size}, clips per second: "
        + ", ".join(f"{name} {value:.0f}" for name, value in each.clips_per_second.items())
        for each in bench.cuda
    ]
    return "\n".join(lines)


def _format_timing(timing: Timing) -> str:
    cells = []
    for name in CONTENDERS:
        ms, ratio = timing.ms_per_clip[name], timing.over_floor.get(name)
        cells.append("not installed" if ms is None else f"{ms:.1f}" + (f" ({ratio:.2f}x)" if ratio is not None else ""))
    start = f"| {timing.network} | {timing.batch_size} | {timing.n_threads} | "
    return start + " | ".join(cells) + f" | {timing.zennit_over_direct:.2f} |"


def _shown(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.2f}"
