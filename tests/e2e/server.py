"""A running Graft: started as the README does, watched through its log, and ended as a person ends it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# As on Community Cloud: one worker does everything, and loads torch when there is work for it.
SMALL = {"GRAFT_MEMORY_MB": "1900"}


@dataclass(frozen=True)
class App:
    """A `streamlit run` of this repository, with a home of its own."""

    url: str
    process: subprocess.Popen[bytes]
    home: Path
    log: Path

    def complaints(self) -> list[str]:
        """The tracebacks that the server has written, and the fragments it was asked for though they are gone.

        That a tick was on its way while its page changed is a note of Streamlit's below the level of our log, since it
        asks nobody to do anything; `test_watching.py` counts the ticks that come again.
        """
        written = self.log.read_text()
        tracebacks = re.findall(r"Traceback \(most recent call last\):.*?(?=\n\S|\Z)", written, re.DOTALL)
        return [*tracebacks, *re.findall(r".*does not exist anymore.*", written)]

    def has_loaded(self, library: str) -> bool:
        """Whether a shared library whose path holds `library` is in the server's memory."""
        return library in Path(f"/proc/{self.process.pid}/maps").read_text()


def start_app(home: Path, port: int = 0, **environment: str) -> App:
    """Starts Graft as the README does, but for no browser of its own, and waits until it answers.

    Args:
        home: its GRAFT_HOME, where its log and its folder of the Hub are kept too.
        port: of an earlier server that this one takes the place of; 0 for a free one.
        environment: more of the server's environment.
    """
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    log = home / "server.log"
    with log.open("ab") as out:
        env = {**os.environ, "GRAFT_HOME": str(home), "HF_HUB_CACHE": str(home / "hub"), **environment}
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT)
    app = App(f"http://127.0.0.1:{port}", process, home, log)
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{app.url}/_stcore/health", timeout=2):
                return app
        except OSError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
    stop_app(app)
    raise AssertionError(f"Graft did not answer within a minute: {log.read_text()}")


def stop_app(app: App) -> None:
    """Ends the server, as a person does with Ctrl-C."""
    app.process.terminate()
    try:
        app.process.wait(30)
    except subprocess.TimeoutExpired:
        app.process.kill()
        app.process.wait()
