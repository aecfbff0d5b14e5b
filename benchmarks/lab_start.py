"""How long a student waits for the lab: `labkit lab` against JupyterLab's own start.

Both are started in turn on the same machine and timed until the server answers. The lab does more
before it starts the server (dataset, lessons, exercises, start page); that may take 5 s at most.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from labkit.course.server import ADDRESS, answers, arguments, free_port

ROUNDS = 3
LIMIT_SECONDS = 5.0


def seconds_of_jupyterlab(folder: Path) -> float:
    """Time JupyterLab by itself, with the lab's settings, in an empty folder."""
    port, token = free_port(0), "benchmark"
    command = [sys.executable, "-m", "jupyterlab", *arguments(folder, port)]
    begun = time.perf_counter()
    process = subprocess.Popen(
        command,
        env=os.environ | {"JUPYTER_TOKEN": token},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        return _until_answer(process, f"http://{ADDRESS}:{port}/", token, begun)
    finally:
        _stop(process)


def seconds_of_lab(folder: Path) -> float:
    """Time `labkit lab` from the command to the server's answer."""
    command = [sys.executable, "-u", "-m", "labkit.cli", "lab", str(folder), "--no-browser"]
    begun = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"(http://\S+?/)lab/\S+token=(\w+)", line):
                return _until_answer(process, found[1], found[2], begun)
        raise SystemExit("labkit lab did not start; see labkit doctor")
    finally:
        _stop(process)


def main() -> None:
    """Print the best of some rounds, and the difference against the limit."""
    with tempfile.TemporaryDirectory() as scratch:
        lab, bare = Path(scratch, "lab"), Path(scratch, "bare")
        bare.mkdir()
        first = seconds_of_lab(lab)
        times = [(seconds_of_lab(lab), seconds_of_jupyterlab(bare)) for _ in range(ROUNDS)]
    ours, theirs = (min(column) for column in zip(*times, strict=True))
    print(f"labkit lab, new folder       {first:6.2f} s")
    print(f"labkit lab, all in place     {ours:6.2f} s   {ours / theirs:.2f} x JupyterLab's own")
    print(f"JupyterLab by itself         {theirs:6.2f} s")
    verdict = "within" if ours - theirs <= LIMIT_SECONDS else "ABOVE"
    print(f"what the lab adds            {ours - theirs:6.2f} s   {verdict} {LIMIT_SECONDS} s")


def _until_answer(process: subprocess.Popen, url: str, token: str, begun: float) -> float:
    while process.poll() is None:
        if answers(url, token, seconds=1):
            return time.perf_counter() - begun
        time.sleep(0.02)
    raise SystemExit("the server stopped before it answered; see labkit doctor")


def _stop(process: subprocess.Popen) -> None:
    process.terminate()
    process.wait(timeout=30)


if __name__ == "__main__":
    main()
