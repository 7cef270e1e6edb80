"""Peak memory of one contender in this process, as JSON: python -m explainer.bench.memory NETWORK CONTENDER BATCH."""

import json
import sys
from pathlib import Path
from typing import Final

from explainer.bench.contenders import load, make_contender

_STATUS: Final = Path("/proc/self/status")
_CLEAR_REFS: Final = Path("/proc/self/clear_refs")
_RESET_PEAK: Final = "5"  # proc(5): the peak begins anew at what is resident now
_N_RUNS: Final = 3


def peak_mib(network: str, *, contender: str, batch_size: int) -> float | None:
    """MiB by which the peak lies above what was resident after loading; None where Linux is not there to tell.

    Preparing an engine counts; the first run, in which libraries set themselves up, counts as well.
    """
    loaded = load(network, batch_size=batch_size)
    if not _CLEAR_REFS.exists():
        return None
    _CLEAR_REFS.write_text(_RESET_PEAK)
    before = _read_kib("VmRSS")
    run = make_contender(contender, loaded)
    for _ in range(_N_RUNS):
        if run is not None:
            run()
    return round((_read_kib("VmHWM") - before) / 1024, 1)


def _read_kib(field: str) -> int:
    lines = _STATUS.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


if __name__ == "__main__":
    print(json.dumps({"peak_mib": peak_mib(sys.argv[1], contender=sys.argv[2], batch_size=int(sys.argv[3]))}))
