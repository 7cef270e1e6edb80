"""What explaining a whole corpus costs: time and peak memory of 200 and of 2,000 clips, and what 30,000 would take.

`python benchmarks/scale.py [--corpus ../shared/data/fsdd] [--workers 1]`. Every clip is explained in full, whatever the
network's weights saw: relevance, fair control, all sounds and pictures, and what the network makes of what is played.
Each size runs in a process of its own; its peak memory is the resident set of that process and of its workers.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
RECIPE = ROOT / "fixtures/recipes/fsdd.toml"
SIZES = (200, 2000)
N_AUDIOMNIST = 30_000


def explain_in_full(n_clips: int, *, corpus: Path, networks: Path, n_workers: int) -> dict[str, float]:
    """Seconds of each stage, files and megabytes for the first clips of a corpus, and the peak memory so far."""
    from earshot.compute import Workers
    from explainer.batches.stages import batch_chosen, explain_clips, write_stimuli
    from explainer.batches.store import Store
    from explainer.bundling import Stores, hear_task, make_job
    from explainer.sources import Places, read_sources
    from explainer.trained import trained_networks

    places = Places(recipe=RECIPE, networks=networks, corpus=corpus)
    task = hear_task(read_sources(places), recipe_folder=RECIPE.parent)
    (trained,) = trained_networks(task, networks=networks)
    # every tenth clip of 2,000 is one of the 200: the same digits and speakers
    clips = task.heard.clips[:: len(task.heard.clips) // n_clips][:n_clips]
    workers = Workers(n_workers=n_workers)
    with tempfile.TemporaryDirectory() as folder:
        job = make_job(
            trained, task=task, stores=Stores(Store(Path(folder) / "explained"), Store(Path(folder) / "chosen"))
        )
        started = time.monotonic()
        explained = explain_clips(job, clips=clips, workers=workers)
        explaining_s = time.monotonic() - started
        fair = [one for one in explained if one.answered.unfair is None]
        batches = batch_chosen(job, chosen=[one.chosen("main") for one in fair])
        media = Path(folder) / "media"
        started = time.monotonic()
        written = write_stimuli(batches, policy="normalised", media=media, workers=workers)
        writing_s = time.monotonic() - started
        sizes = [path.stat().st_size for path in media.iterdir()]
    peak_kib = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "n_clips": len(clips),
        "n_stimuli": len(written.stimuli),
        "explaining_s": explaining_s,
        "writing_s": writing_s,
        "n_files": len(sizes),
        "megabytes": sum(sizes) / 1e6,
        "peak_mib": peak_kib / 1024,
    }


def run_apart(n_clips: int, *, options: argparse.Namespace) -> dict[str, float]:
    """The same in a fresh process."""
    arguments = ["--n-clips", str(n_clips), "--corpus", str(options.corpus), "--workers", str(options.workers)]
    done = subprocess.run(
        [sys.executable, __file__, *arguments, "--networks", str(options.networks)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> int:
    """Print both sizes, their ratio in memory, and the projection."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--corpus", type=Path, default=ROOT / "../shared/data/fsdd")
    parser.add_argument("--networks", type=Path, default=ROOT / "var/networks")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--n-clips", type=int)
    options = parser.parse_args()
    if not options.corpus.is_dir():
        print(f"{options.corpus} is not there: nothing measured", file=sys.stderr)
        return 0
    if options.n_clips:
        found = explain_in_full(
            options.n_clips, corpus=options.corpus, networks=options.networks, n_workers=options.workers
        )
        print(json.dumps(found))
        return 0
    results = [run_apart(n_clips, options=options) for n_clips in SIZES]
    print("| clips | stimuli | explaining s | writing s | ms per clip | files | MB | peak memory MiB |")
    print("|---|---|---|---|---|---|---|---|")
    for one in results:
        total_s = one["explaining_s"] + one["writing_s"]
        print(
            f"| {one['n_clips']:.0f} | {one['n_stimuli']:.0f} | {one['explaining_s']:.1f} | {one['writing_s']:.1f} | "
            f"{1000 * total_s / one['n_clips']:.0f} | {one['n_files']:.0f} | {one['megabytes']:.0f} | "
            f"{one['peak_mib']:.0f} |"
        )
    small, large = results
    per_clip_s = (large["explaining_s"] + large["writing_s"]) / large["n_clips"]
    print(f"peak memory at {large['n_clips']:.0f} over that at {small['n_clips']:.0f} clips: ", end="")
    print(f"{large['peak_mib'] / small['peak_mib']:.3f}")
    gigabytes = large["megabytes"] / large["n_clips"] * N_AUDIOMNIST / 1000
    print(
        f"projected for AudioMNIST's {N_AUDIOMNIST} clips with {options.workers} worker(s): "
        f"{per_clip_s * N_AUDIOMNIST / 60:.0f} min, {gigabytes:.0f} GB"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
