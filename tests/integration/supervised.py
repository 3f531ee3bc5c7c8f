"""A program for tests: supervises shell scripts as `shouwen run` does its parts. Argument: a folder.

The part `NAME` runs the script FOLDER/NAME.sh, which writes its process id to FOLDER/NAME.pid by itself.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from callcenter.runtime import process, signals
from callcenter.runtime.supervisor import Part, Supervisor, Watch


def part(folder: Path, script: Path, wave: int) -> Part:
    def spawn() -> subprocess.Popen[bytes]:
        return process.spawn(["sh", str(script)], log=folder / f"{script.stem}.log", folder=folder)

    def probe() -> bool:
        # Well as long as the process itself is not stopped.
        pid = (folder / f"{script.stem}.pid").read_text()
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T"

    watch = Watch(probe=probe, silence_s=0.3, every_s=0.1) if script.stem.startswith("watched") else None
    return Part(name=script.stem, spawn=spawn, wave=wave, watch=watch)


def main() -> None:
    """Run until a signal says otherwise."""
    folder = Path(sys.argv[1])
    supervisor = Supervisor(tell=lambda text: print(text, flush=True))
    with signals.raised_as_stopping():
        try:
            for wave, script in enumerate(sorted(folder.glob("*.sh"))):
                supervisor.add(part(folder, script, wave))
            while True:
                supervisor.tick()
                signal.sigtimedwait([], 0.02)
        except signals.Stopping:
            print("ending", flush=True)
        finally:
            signals.ignore()
            supervisor.stop()


if __name__ == "__main__":
    main()
