"""Attacks a gateway with real peers and prints a table. tests/e2e/attacks builds what this needs and calls it.

For every attack a gateway of its own is started, an honest client calls it all the time, the attack runs in a process of
its own, and ten seconds after its end the gateway is looked at again. Exit code: 0 when every gateway survived and
answers an honest client afterwards, 1 otherwise; figures are printed, not judged, unless --judge says so.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import attacks
import edge
import servers
from servers import Failure

HEADER = ("attack", "threads", "MB", "CPU s", "honest p50/p99 ms", "ok/failed", "alive", "answers", "log kB", "bad lines",
          "the peer")
MAX_HONEST_P99_MS = 250
MAX_EXTRA_MB = 256


def arguments():
    parser = argparse.ArgumentParser(prog="tests/e2e/attacks", description=__doc__.splitlines()[0])
    parser.add_argument("--gateway", required=True, help="binary of the gateway to attack")
    parser.add_argument("--sandbox", required=True, help="binary of seedance-sandbox")
    parser.add_argument("--honest-client", required=True, help="binary of honest_client")
    parser.add_argument("--only", nargs="+", metavar="TEXT", help="attacks whose name contains one of these")
    parser.add_argument("--edge", action="store_true", help="with the proxy of deploy/edge in front")
    parser.add_argument("--edge-value", action="append", default=[], metavar="NAME=VALUE",
                        help="one more value for deploy/edge/configure")
    parser.add_argument("--smoke", action="store_true", help="small counts and short times, figures are judged loosely")
    parser.add_argument("--judge", action="store_true", help="fail when a figure misses its goal")
    parser.add_argument("--memory-limit", default="6G", help="address space of the gateway (default 6G)")
    parser.add_argument("--threads-limit", type=int, help="most threads of the gateway, by a cgroup")
    parser.add_argument("--seconds", type=float, help="longest time of each attack (default 15, smoke: 2)")
    parser.add_argument("--after", type=float, help="time between attack and last look (default 10, smoke: 1)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--server-line", action="append", default=[], metavar="'name: value'",
                        help="one more line of the section `server` of the gateway's configuration")
    parser.add_argument("--markdown", metavar="FILE", help="write the table there too")
    parser.add_argument("--list", action="store_true", help="print the names of the attacks")
    values = parser.parse_args()
    values.seconds = values.seconds or (2 if values.smoke else 15)
    values.after = values.after if values.after is not None else (1 if values.smoke else 10)
    return values


def parse_size(text):
    return int(float(text.rstrip("GM")) * (1 << (30 if text.endswith("G") else 20)))


class Trial:
    """One attack, from the start of a gateway to its end."""

    def __init__(self, options, name, folder):
        self.options = options
        self.name = name
        self.folder = folder
        self.group = servers.ThreadLimit(options.threads_limit) if options.threads_limit else None
        self.processes = []
        self.peak = (0, 0, 0.0)

    def keep(self, process):
        self.processes.append(process)
        return process

    def run(self):
        try:
            return self.attack()
        finally:
            for process in reversed(self.processes):
                process.stop(seconds=3)
            if self.group:
                self.group.close()

    def attack(self):
        options = self.options
        sandbox = self.keep(servers.start_sandbox(options.sandbox, self.folder))
        self.gateway = self.keep(servers.start_gateway(
            options.gateway, self.folder, sandbox, options.server_line, parse_size(options.memory_limit), self.group))
        self.edge = self.keep(edge.start(self.folder, self.gateway, *options.edge_value)) if options.edge else None
        self.address = self.edge.address if self.edge else self.gateway.address
        ca_file = self.edge.ca_file if self.edge else None
        definition = attacks.ATTACKS.get(self.name)
        if definition and definition.needs == "lists":
            self.peer("seed tasks", 20 if options.smoke else 200, 60)
        honest = self.keep(servers.start_honest_client(options.honest_client, self.folder, self.address, ca_file))
        servers.wait_until(lambda: len(servers.calls_of(honest)) >= 6 or not honest.running(), 60,
                           "the honest client calls")
        time.sleep(0.2 if options.smoke else 1)
        before, log_before = self.usage(), self.gateway.log_bytes()
        begin = time.time()
        seen = self.peer(self.name, definition.small if options.smoke else definition.count, options.seconds,
                         watch=True) if definition else self.idle()
        end = time.time()
        self.sample_for(options.after)
        after = self.usage()
        alive = self.gateway.running()
        honest.stop()
        calls = [call for call in servers.calls_of(honest) if begin <= call[0] <= end]
        again = self.keep(servers.start_honest_client(options.honest_client, self.folder, self.address, ca_file, 3))
        answers = alive and wait_for_exit(again, 60) == 0
        log = self.gateway.log()[log_before:]
        return Result(self.name, before, self.peak, after, calls, alive, answers, log, seen,
                      self.edge.usage() if self.edge else None)

    def usage(self):
        usage = self.gateway.usage()
        self.peak = tuple(max(pair) for pair in zip(self.peak, usage))
        return usage

    def sample_for(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.usage()
            time.sleep(0.05)

    def idle(self):
        self.sample_for(self.options.seconds)
        return {}

    def peer(self, name, count, seconds, watch=False):
        """Runs attacks.py and samples the gateway meanwhile."""
        target = {"address": self.address, "admin": self.gateway.admin, "tls": self.edge is not None,
                  "token": servers.ATTACKER_TOKEN, "count": count, "seconds": seconds, "seed": self.options.seed}
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "attacks.py")
        errors = open(os.path.join(self.folder, "peer.log"), "ab")
        process = subprocess.Popen([sys.executable, "-B", script, name, json.dumps(target)], stdout=subprocess.PIPE,
                                   stderr=errors)
        end = time.monotonic() + seconds + 15
        while process.poll() is None and time.monotonic() < end:
            if watch:
                self.usage()
            time.sleep(0.05)
        process.kill()
        output = process.communicate()[0]
        errors.close()
        if not output:
            return {"error": "the peer did not end"}
        return json.loads(output)


def wait_for_exit(process, seconds):
    try:
        return process.process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


class Result:
    def __init__(self, name, before, peak, after, calls, alive, answers, log, seen, edge_usage):
        self.name, self.before, self.peak, self.after = name, before, peak, after
        self.alive, self.answers, self.seen, self.edge_usage = alive, answers, seen, edge_usage
        times = sorted(call[2] for call in calls)
        self.p50, self.p99 = quantile(times, 0.5), quantile(times, 0.99)
        self.ok = sum(call[3] for call in calls)
        self.failed = len(calls) - self.ok
        self.log_bytes = len(log)
        self.bad_lines = sum(not is_record(line) for line in log.splitlines())

    def cells(self):
        def three(index, unit):
            return " / ".join(f"{values[index] / unit:.0f}" for values in (self.before, self.peak, self.after))
        seen = ", ".join(f"{key} {value:,}" if isinstance(value, int) else value for key, value in self.seen.items()
                         if value)
        if self.edge_usage:
            seen += f"; edge {self.edge_usage[1] / 1e6:.0f} MB, {self.edge_usage[2]:.1f} CPU s"
        honest = f"{self.p50:.1f} / {self.p99:.1f}" if self.ok + self.failed else "none"
        return (self.name, three(0, 1), three(1, 1e6), f"{self.peak[2] - self.before[2]:.1f}", honest,
                f"{self.ok} / {self.failed}", "yes" if self.alive else "NO", "yes" if self.answers else "NO",
                f"{self.log_bytes / 1e3:.0f}", str(self.bad_lines), seen)

    def misses(self, smoke):
        """What is not as it must be, as texts."""
        extra = (self.peak[1] - self.before[1]) / 1e6
        faults = [("the gateway died", not self.alive), ("no answer afterwards", not self.answers),
                  ("no honest call was answered", not self.ok),
                  (f"{extra:.0f} MB more memory, at most {MAX_EXTRA_MB}", extra > MAX_EXTRA_MB),
                  (f"{self.bad_lines} lines of the log are not JSON objects", self.bad_lines > 0),
                  (f"{self.failed} honest calls failed", self.failed > 0)]
        if not smoke:  # A short attack on a machine that also builds says nothing about times.
            faults.append((f"p99 {self.p99:.0f} ms, at most {MAX_HONEST_P99_MS}", self.p99 > MAX_HONEST_P99_MS))
        return [text for text, bad in faults if bad]


def quantile(values, share):
    """0 for none."""
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def is_record(line):
    """Whether a line of the log is a JSON object that no peer made up."""
    try:
        record = json.loads(line)
    except ValueError:
        return False
    return isinstance(record, dict) and record.get("message") != json.loads(attacks.FORGED)["message"]


def markdown(results):
    lines = ["| " + " | ".join(HEADER) + " |", "|" + "---|" * len(HEADER)]
    return "\n".join(lines + ["| " + " | ".join(result.cells()) + " |" for result in results]) + "\n"


def chosen(options):
    names = ["none"]  # The yardstick: nobody attacks.
    names += [name for name, definition in attacks.ATTACKS.items() if not (options.edge and definition.needs == "admin")]
    if options.only:
        names = [name for name in names if any(text in name for text in options.only)]
        if not names:
            sys.exit("tests/e2e/attacks: no such attack; --list prints their names")
    return names


def main():
    options = arguments()
    names = chosen(options)
    if options.list:
        print("\n".join(names))
        return 0
    results, bad = [], []
    for name in names:
        folder = tempfile.mkdtemp(prefix="seedance-attack-")
        try:
            result = Trial(options, name, folder).run()
        except Failure as failure:
            bad.append(f"{name}: {failure}")
            print(f"{name}: {failure}", flush=True)
            continue
        finally:
            if os.environ.get("SEEDANCE_KEEP"):
                print("kept:", folder)
            else:
                shutil.rmtree(folder, ignore_errors=True)
        results.append(result)
        misses = result.misses(options.smoke)
        print(" | ".join(result.cells()), *([f"  MISSES: {'; '.join(misses)}"] if misses else []), sep="\n", flush=True)
        if misses and (options.judge or not (result.alive and result.answers)):
            bad.append(f"{name}: {'; '.join(misses)}")
    if options.markdown:
        with open(options.markdown, "w") as file:
            file.write(markdown(results))
    print("\n" + markdown(results))
    if bad:
        print("tests/e2e/attacks: FAILED:", *bad, sep="\n  ")
    return 1 if bad else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"tests/e2e/attacks: {failure}")
