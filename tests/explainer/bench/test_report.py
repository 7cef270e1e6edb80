"""The bench runs every contender, in this process and in fresh ones, and prints what it found."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from explainer.bench.contenders import CONTENDERS, load, make_contender
from explainer.bench.report import Bench, Memory, Throughput, Timing, format_bench, print_bench
from explainer.bench.stimulus import StimulusTiming

ROOT = Path(__file__).parents[3]


def test_quick_bench_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_bench(as_json=True, quick=True)
    found = json.loads(capsys.readouterr().out)
    assert [(row["network"], row["batch_size"], row["n_threads"]) for row in found["timings"]] == [
        ("audionet", 2, 1),
        ("alexnet", 2, 1),
    ]
    for row in found["timings"]:
        assert row["ms_per_clip"].keys() == CONTENDERS.keys()
        assert all(row["ms_per_clip"][name] > 0 for name in CONTENDERS if name != "captum")
        assert "floor" not in row["over_floor"]
    assert found["memory"] == []


def test_table_shows_every_contender() -> None:
    bench = Bench(
        torch_version="2",
        n_cores=2,
        n_rounds=10,
        timings=[
            Timing(
                network="audionet",
                batch_size=8,
                n_threads=2,
                ms_per_clip=dict.fromkeys(CONTENDERS, 1.5) | {"captum": None},
                over_floor={name: 0.75 for name in CONTENDERS if name != "floor"} | {"captum": None},
                zennit_over_direct=3.125,
            )
        ],
        memory=[Memory(network="audionet", batch_size=16, floor_mib=380.0, direct_mib=None, direct_over_floor=None)],
        stimuli=[
            StimulusTiming(
                network="audionet",
                batch_size=16,
                n_fair=15,
                ms_per_clip={"relevance": 20.0, "sounds": 5.0},
                rendering_over_relevance=0.25,
            )
        ],
        cuda=[Throughput(network="audionet", batch_size=256, clips_per_second={"direct": 9000.4})],
    )
    _, _, header, rule, row, memory, stimulus, cuda = format_bench(bench).splitlines()
    assert header == (
        "| network | batch | threads | forward | floor | direct | direct, all ten labels | zennit | captum |"
        " zennit / direct |"
    )
    assert rule.count("|") == header.count("|")
    assert row == (
        "| audionet | 8 | 2 | 1.5 (0.75x) | 1.5 | 1.5 (0.75x) | 1.5 (0.75x) | 1.5 (0.75x) | not installed | 3.12 |"
    )
    assert memory.endswith("batch 16: direct not measured MiB, floor 380.00 MiB, ratio not measured")
    assert stimulus.endswith("relevance 20.0, sounds 5.0; rendering over relevance 0.25 (15 clips with a fair control)")
    assert cuda == "CUDA, audionet, batch 256, clips per second: direct 9000"


@pytest.mark.parametrize("contender", ["floor", "direct"])
def test_peak_memory_is_that_of_one_batch(contender: str) -> None:
    """In a process of its own: one that has worked before has memory to spare."""
    command = [sys.executable, "-m", "explainer.bench.memory", "audionet-small", contender, "64"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)["peak_mib"]
    assert found is None or 1 < found < 1000  # the outputs of the first layer alone are 12 MiB


def test_unknown_contender_is_refused() -> None:
    with pytest.raises(ValueError, match="contender is 'lime'; expected one of forward, floor, direct"):
        make_contender("lime", load("audionet-small", batch_size=1))
