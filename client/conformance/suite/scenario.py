"""One scenario with one driver: starts the servers, runs the driver, does the steps, and checks what came of it."""

import hashlib
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
import zlib

from suite import fake as fakes
from suite.gate import DOWN, UP, Gate
from suite.processes import Gateway, Sandbox, wait_for
from suite.reasons import reasons

PICTURE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../tests/testing/media/hero.png")


class Failed(Exception):
    """The scenario was not met; the text says how."""


def large_picture(path, size):
    """A PNG of about `size` bytes that do not repeat, most of them in a chunk that decoders skip."""
    with open(PICTURE, "rb") as file:
        picture = file.read()
    end = picture.rindex(b"IEND") - 4
    noise = os.urandom(size - len(picture))
    chunk = b"prVt" + noise
    with open(path, "wb") as file:
        file.write(picture[:end] + len(noise).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big"))
        file.write(picture[end:])


class Driver:
    """The process of a driver; its lines are events, the last one the result."""

    def __init__(self, command, request, log):
        self.events, self.result, self.cpu_seconds = [], None, None
        self._changed = threading.Condition()
        self._log = open(log, "w", encoding="utf-8")
        environment = {name: value for name, value in os.environ.items() if name != "GRPC_ENABLE_FORK_SUPPORT"}
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log,
                                         env=environment)
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.close()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            try:
                said = json.loads(line)
            except ValueError:
                said = {"event": "noise", "line": line.decode(errors="replace")}
            with self._changed:
                if "result" in said:
                    self.result = said["result"]
                else:
                    self.events.append(said)
                self._changed.notify_all()
        _, _, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = 0  # It is gone: nobody may wait for it again.
        with self._changed:
            self.cpu_seconds = usage.ru_utime + usage.ru_stime
            self._changed.notify_all()

    def wait_event(self, name, state, seen, timeout):
        """Index behind the first event of this name and state from `seen` on. Failed: the driver ended without it."""
        with self._changed:
            deadline = time.monotonic() + timeout
            while True:
                for index in range(seen, len(self.events)):
                    event = self.events[index]
                    if event.get("event") == name and state in (None, event.get("state")):
                        return index + 1
                self.check_goes_on(f"event {name} {state or ''}")
                if time.monotonic() > deadline:
                    raise Failed(f"no event {name} {state or ''}")
                self._changed.wait(1)

    def check_goes_on(self, waits_for):
        if self.cpu_seconds is None:
            return
        if "unsupported" in (self.result or {}):
            raise Failed("the driver lacks this operation")
        raise Failed(f"it ended before {waits_for}, with {json.dumps(self.result)[:300]}")

    def wait(self, timeout):
        self._reader.join(timeout)
        if self._reader.is_alive():
            self._process.send_signal(signal.SIGABRT)  # Many runtimes show their stacks then.
            self._reader.join(10)
            raise Failed(f"it did not end within {timeout} s; {len(self.events)} events, the last: {self.events[-1:]}, "
                         f"result: {self.result}")

    def close(self):
        if self._reader.is_alive():
            self._process.kill()
            self._reader.join()
        self._process.stdout.close()
        self._log.close()


class Run:
    """The servers of one scenario."""

    def __init__(self, scenario, command, programs, long, folder):
        self.scenario, self.folder = scenario, folder
        self._command, self._long = command, long
        self.gate, self.sandbox, self.gateway, self.fake, self.driver = Gate(), None, None, None, None
        self.figures = {}
        self._stopped_at = self._counted_from = None
        if scenario.get("server") == "fake":
            self.fake = fakes.FakeGateway(**scenario.get("fake", {}))
            self.gate.target = ("127.0.0.1", self.fake.port)
        else:
            vendor = scenario.get("vendor", {})
            self.sandbox = Sandbox(programs["sandbox"], folder, task_seconds=vendor.get("task_seconds", 3),
                                   manual=vendor.get("clock") == "manual")
            for fault in vendor.get("faults", ()):
                self.sandbox.ask("/faults", fault)
            self.gateway = Gateway(programs["gateway"], folder, self.sandbox.address)
            self.gate.target = self.gateway.start()

    def close(self):
        for part in (self.driver, self.gate, self.fake, self.sandbox):
            if part is not None:
                part.close()
        if self.gateway is not None:
            self.gateway.end()

    def run(self):
        params = dict(self.scenario.get("params", {}), output=f"{self.folder}/output")
        if self.scenario["operation"] == "job":
            params["file"] = PICTURE
        if isinstance(params.get("prompt"), dict):
            params["prompt"] = params["prompt"]["repeat"] * params["prompt"]["times"]
        if "picture" in params:
            params["file"] = f"{self.folder}/picture.png"
            large_picture(params["file"], params.pop("picture"))
        if self.scenario["operation"] == "errors":
            params["names"] = [f"generationTasks/{reason}" for reason in reasons()]
        steps = list(self.scenario.get("steps", ()))
        while steps and steps[0].get("event") == "start":
            self._do(steps.pop(0)["do"])
        self.driver = Driver(self._command, {
            "scenario": self.scenario["name"], "operation": self.scenario["operation"], "endpoint": self.gate.endpoint,
            "params": params}, f"{self.folder}/driver.log")
        seen = 0
        for step in steps:
            if "event" in step:
                seen = self.driver.wait_event(step["event"], step.get("state"), seen, 180)
            elif "when_bill" in step:
                wait_for(f"a bill of {step['when_bill']}", 
                         lambda: self._has_bill(step["when_bill"], step.get("count", 1)), timeout=180)
            elif "client_leaves_within" in step:
                took = self.gate.wait_left(self._stopped_at, step["client_leaves_within"])
                if took is None:
                    raise Failed(f"the client did not notice within {step['client_leaves_within']} s")
                self.figures["noticed after"] = f"{took:.1f} s"
            elif "stopped_for" in step:
                pause = max(60 if self._long else 0, step["stopped_for"])
                time.sleep(max(0, self._stopped_at + pause - time.monotonic()))
            else:
                time.sleep(step["after"])
            self._do(step.get("do", ()))
        self.driver.wait(self.scenario.get("limit", 120))
        self.figures["CPU"] = f"{self.driver.cpu_seconds:.1f} s"
        self._check(self.scenario["expect"])

    def _has_bill(self, action, count):
        found = self.sandbox.bills(action) >= count
        if not found:
            self.driver.check_goes_on(f"a bill of {action}")
        return found

    def _do(self, actions):
        for action in actions:
            name, value = next(iter(action.items())) if isinstance(action, dict) else (action, None)
            getattr(self, f"_do_{name}")(*([value] if value is not None else []))

    def _do_kill(self):
        self.gateway.end()

    def _do_term(self):
        self.gateway.end(signal.SIGTERM)

    def _do_start(self):
        self.gate.target = self.gateway.start()

    def _do_stop(self):
        self._stopped_at = time.monotonic()
        self.gateway.send(signal.SIGSTOP)

    def _do_cont(self):
        self.gateway.send(signal.SIGCONT)

    def _do_backup(self):
        self.gateway.backup()

    def _do_restore(self):
        self.gateway.restore()

    def _do_cut(self):
        self.gate.cut()

    def _do_drop(self):
        self.gate.drop(DOWN)

    def _do_refuse(self):
        self.gate.refuse()

    def _do_allow(self):
        self.gate.allow()

    def _do_cut_after_up(self, count):
        self.gate.cut_after(UP, count)

    def _do_cut_after_down(self, count):
        self.gate.cut_after(DOWN, count)

    def _do_advance(self, seconds):
        self.sandbox.ask("/advance", {"seconds": seconds})

    def _do_count(self):
        self._counted_from = self.gate.connections

    def _do_counted(self):
        self.figures["connections"] = self.gate.connections - self._counted_from

    def _check(self, expect):
        result = self.driver.result
        if not isinstance(result, dict):
            raise Failed(f"no result; standard error: {self._stderr()}")
        if "unsupported" in result:
            raise Failed("the driver lacks this operation")
        error = result.get("error")
        if error and "error" not in expect:
            raise Failed(f"error {json.dumps(error)[:300]}")
        for what, wanted in expect.items():
            getattr(self, f"_check_{what}")(wanted, result)

    def _stderr(self):
        with open(f"{self.folder}/driver.log", encoding="utf-8", errors="replace") as file:
            return file.read()[-800:].strip() or "empty"

    def _snapshots(self):
        return [event for event in self.driver.events if event.get("event") == "snapshot"]

    @staticmethod
    def _same(what, wanted, found):
        if isinstance(wanted, dict) and "like" in wanted:
            if wanted["like"] not in str(found):
                raise Failed(f"{what} is {found!r}, not like {wanted['like']!r}")
        elif isinstance(wanted, dict):
            for key, value in wanted.items():
                Run._same(f"{what}.{key}", value, (found or {}).get(key))
        elif wanted != found:
            raise Failed(f"{what} is {found!r}, not {wanted!r}")

    @staticmethod
    def _bound(what, value, least=None, most=None):
        if (least is not None and value < least) or (most is not None and value > most):
            raise Failed(f"{what}: {value}, at least {least}, at most {most} allowed")

    def _check_result(self, wanted, result):
        self._same("result", wanted, result)

    def _check_error(self, wanted, result):
        self._same("error", wanted, result.get("error"))

    def _check_bills(self, wanted, _):
        for action, count in wanted.items():
            self._bound(f"bills of {action}", self.sandbox.bills(action), count, count)

    def _check_tasks(self, wanted, _):
        self._bound("tasks at the vendor", len(self.sandbox.ask("/tasks")["tasks"]), wanted, wanted)

    def _check_revisions(self, _, __):
        revisions = [event["revision"] for event in self._snapshots()]
        if not revisions or revisions != sorted(set(revisions)):
            raise Failed(f"revisions do not grow: {revisions}")

    def _check_ends(self, wanted, _):
        ends = [event for event in self._snapshots() if event["state"] in ("SUCCEEDED", "FAILED", "EXPIRED", "LOST")]
        self._bound("terminal snapshots", len(ends), wanted, wanted)

    def _check_read_at_most(self, most, result):
        self.figures["read"] = f"{result['read'] / 2 ** 20:.1f} MiB"
        self._bound("bytes read from the source", result["read"], most=most)

    def _check_uploaded(self, _, __):
        with open(f"{self.folder}/picture.png", "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        found = [asset["sha256"] for asset in self.sandbox.ask("/assets")["assets"]]
        self._same("SHA-256 of the vendor's assets", [digest], found)

    def _check_file(self, wanted, result):
        with open(f"{self.folder}/output", "rb") as file:
            data = file.read()
        digest = hashlib.sha256(data).hexdigest()
        if "same_as_fake" in wanted and data != fakes.FILE:
            raise Failed(f"the file has {len(data)} bytes that are not those of the server's {len(fakes.FILE)}")
        if data[4:8] != b"ftyp" and "same_as_gateway" in wanted:
            raise Failed("the file is no MP4")
        self._same("result", {"size": len(data), "sha256": digest}, result)
        if os.path.exists(f"{self.folder}/output.part"):
            raise Failed("the .part file is still there")

    def _check_offsets(self, wanted, _):
        self._bound("downloads", len(self.fake.offsets), wanted["count"], wanted["count"])
        self.figures["second offset"] = self.fake.offsets[1]
        self._bound("second offset", self.fake.offsets[1], wanted["second_at_least"])

    def _check_creates(self, wanted, _):
        ids = [one for one, _ in self.fake.ids]
        times = [at for _, at in self.fake.ids]
        if len(ids) != wanted["count"] or len(set(ids)) != 1 or len(ids[0]) != 36:
            raise Failed(f"request_ids of the creates: {ids}")
        self._bound("least gap", min(after - before for before, after in zip(times, times[1:])), wanted["least_gap"])

    def _check_calls(self, wanted, _):
        self.figures["calls"] = self.fake.calls["watch"]
        self._bound("watches", self.fake.calls["watch"], most=wanted["watch_at_most"])

    def _check_counted(self, wanted, _):
        self._bound("connections", self.figures["connections"], most=wanted["connections_at_most"])

    def _check_connections(self, wanted, _):
        self._bound("connections", self.gate.connections, wanted, wanted)

    def _check_connections_at_least(self, least, _):
        self._bound("connections", self.gate.connections, least)

    def _check_cpu_at_most(self, most, _):
        self._bound("seconds of CPU", self.driver.cpu_seconds, most=most)

    def _check_errors(self, _, result):
        found = {error.get("reason"): error for error in result["errors"]}
        for reason, code in reasons().items():
            error = dict(found.get(reason) or {})
            kind = str(error.pop("type", "")).replace("_", "").upper()
            if reason.replace("_", "") not in kind:
                raise Failed(f"{reason} came out as type {kind or None}")
            self._same(reason, fakes.expected(reason, code), error)


def run(scenario, command, programs, long):
    """(None or what went wrong, figures, seconds)."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        attempt, problem = None, None
        try:
            attempt = Run(scenario, command, programs, long, folder)
            attempt.run()
        except (Failed, RuntimeError, OSError, subprocess.SubprocessError) as error:
            problem = str(error) or type(error).__name__
        finally:
            figures = attempt.figures if attempt else {}
            if attempt is not None:
                attempt.close()
        return problem, figures, time.monotonic() - begin
