"""The sandbox and the gateway as processes, with files in a folder of their own, on free ports of 127.0.0.1."""

import json
import os
import signal
import subprocess
import time
import urllib.request

CONFIG = """
server: {{listen: "127.0.0.1:0", port_file: "{folder}/gateway.port", drain_grace: 3s}}
store: {{sqlite: {{path: "{folder}/gateway.db"}}}}
upstreams:
  - name: anyfast
    anyfast: {{base_url: "http://{vendor}", api_key: {{env: SANDBOX_KEY}}, allow_plain_http: true}}
tasks: {{poll_interval_queued: 0.2s, poll_interval_running: 0.2s, poll_interval_watched: 0.2s,
        poll_interval_unwatched: 0.2s, poll_interval_asset: 0.2s}}
"""


def wait_for(what, condition, process=None, timeout=180):
    """What `condition` gives once it is true."""
    deadline = time.monotonic() + timeout
    while not (result := condition()):
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"{what}: the process ended with {process.returncode}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not within {timeout} s")
        time.sleep(0.02)
    return result


def _read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


class Sandbox:
    """The emulator of the vendors."""

    def __init__(self, program, folder, *, task_seconds=3.0, manual=False):
        """With `manual` its time stands still until it is told to /advance."""
        ports = f"{folder}/sandbox.ports"
        with open(f"{folder}/sandbox.log", "w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [program, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--port-file", ports,
                 "--asset-seconds", "0.3", "--task-seconds", str(task_seconds), "--group-lag-seconds", "0.1",
                 "--speed", "0" if manual else "1"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            wait_for("the sandbox", lambda: "control=" in _read(ports), self._process)
        except RuntimeError:
            self.close()
            raise
        found = dict(line.split("=", 1) for line in _read(ports).split())
        self.address, self._control = found["listen"], found["control"]

    def ask(self, path, body=None):
        """GET, or POST with a body, at the control port."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{self._control}{path}", data, {"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def bills(self, action):
        return sum(1 for bill in self.ask("/ledger")["bills"] if bill["action"] == action)

    def close(self):
        self._process.kill()
        self._process.wait()


class Gateway:
    """The gateway over one store. Not running at first."""

    def __init__(self, program, folder, vendor):
        self._program, self._folder = program, folder
        self._config = f"{folder}/gateway.yaml"
        self._process = None
        with open(self._config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(folder=folder, vendor=vendor))

    def start(self):
        """Returns (host, port) once it serves."""
        port_file = f"{self._folder}/gateway.port"
        if os.path.exists(port_file):
            os.remove(port_file)
        with open(f"{self._folder}/gateway.log", "a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [self._program, "--config", self._config], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env={**os.environ, "SANDBOX_KEY": "sandbox-key"})
        host, port = wait_for("the gateway", lambda: _read(port_file).strip(), self._process).rsplit(":", 1)
        return host, int(port)

    def send(self, number):
        self._process.send_signal(number)

    def end(self, number=signal.SIGKILL):
        """Ends it and waits for the end."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            if number == signal.SIGKILL:
                self._process.send_signal(signal.SIGCONT)
            self._process.wait(timeout=60)

    def backup(self):
        """Copies the store of a running gateway."""
        self._run("--backup")

    def restore(self):
        """Puts the older copy back after the end: what clients know of the store is stale then."""
        self._run("--accept-data-loss", "--restore")

    def _run(self, *options):
        subprocess.run([self._program, "--config", self._config, *options, f"{self._folder}/backup.db"], check=True,
                       timeout=120, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                       env={**os.environ, "SANDBOX_KEY": "sandbox-key"})
