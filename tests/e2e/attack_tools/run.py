"""Attacks a gateway with real peers and prints a table. tests/e2e/attacks builds what this needs and calls it.

For every attack a gateway of its own is started, an honest client calls it all the time, the attack runs in a process of
its own, and ten seconds after its end the gateway is looked at again. Exit code: 0 when every gateway survived and
answers an honest client afterwards, 1 otherwise; figures are printed, not judged, unless --judge or --smoke say so.
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
MAX_EXTRA_THREADS = 64


def arguments():
    parser = argparse.ArgumentParser(prog="tests/e2e/attacks", description=__doc__.splitlines()[0])
    parser.add_argument("--gateway", required=True, type=os.path.abspath, help="binary of the gateway to attack")
    parser.add_argument("--sandbox", required=True, type=os.path.abspath, help="binary of seedance-sandbox")
    parser.add_argument("--honest-client", required=True, type=os.path.abspath, help="binary of honest_client")
    parser.add_argument("--only", nargs="+", metavar="TEXT", help="attacks whose name contains one of these")
    parser.add_argument("--edge", action="store_true", help="with the proxy of deploy/edge in front")
    parser.add_argument("--edge-value", action="append", default=[], metavar="NAME=VALUE",
                        help="one more value for deploy/edge/configure")
    parser.add_argument("--smoke", action="store_true",
                        help="small counts and short times, all on one gateway; judges what needs no quiet machine")
    parser.add_argument("--judge", action="store_true", help="fail when a figure misses its goal")
    parser.add_argument("--memory-limit", default="6G",
                        help="address space of the gateway (default 6G; 0: no limit, for sanitizers)")
    parser.add_argument("--threads-limit", type=int, help="most threads of the gateway, by a cgroup")
    parser.add_argument("--seconds", type=float, help="longest time of each attack (default 15, smoke: 1)")
    parser.add_argument("--after", type=float, help="time between attack and last look (default 10, smoke: 0.3)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--server-line", action="append", default=[], metavar="'name: value'",
                        help="one more line of the section `server` of the gateway's configuration")
    parser.add_argument("--markdown", metavar="FILE", help="write the table there too")
    parser.add_argument("--list", action="store_true", help="print the names of the attacks")
    values = parser.parse_args()
    values.seconds = values.seconds or (1 if values.smoke else 15)
    values.after = values.after if values.after is not None else (0.3 if values.smoke else 10)
    return values


def parse_size(text):
    return int(float(text.rstrip("GM")) * (1 << (30 if text.endswith("G") else 20)))


class Site:
    """Sandbox, gateway and perhaps the edge, with their folder. A context manager."""

    def __init__(self, options):
        self.options = options
        self.folder = tempfile.mkdtemp(prefix="seedance-attack-")
        self.group = servers.ThreadLimit(options.threads_limit) if options.threads_limit else None
        self.processes = []
        self.edge = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception):
        for process in reversed(self.processes):
            process.stop(seconds=3)
        if self.group:
            self.group.close()
        if os.environ.get("SEEDANCE_KEEP"):
            print("kept:", self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        options = self.options
        sandbox = self.keep(servers.start_sandbox(options.sandbox, self.folder))
        self.gateway = self.keep(servers.start_gateway(
            options.gateway, self.folder, sandbox, options.server_line, parse_size(options.memory_limit), self.group))
        self.address, self.ca_file = self.gateway.address, None
        if options.edge:
            self.edge = self.keep(edge.start(self.folder, self.gateway, *options.edge_value))
            self.address, self.ca_file = self.edge.address, self.edge.ca_file

    def keep(self, process):
        self.processes.append(process)
        return process

    def honest_client(self, rounds=0):
        return self.keep(servers.start_honest_client(
            self.options.honest_client, self.folder, self.address, self.ca_file, rounds))


class Trial:
    """One attack on a site."""

    def __init__(self, site, name):
        self.site, self.options, self.name = site, site.options, name
        self.peak = (0, 0, 0.0)

    def run(self):
        site, options = self.site, self.options
        definition = attacks.ATTACKS.get(self.name)
        if definition and definition.needs == "lists":
            self.peer("seed tasks", 20 if options.smoke else 200, 60)
        honest = site.honest_client()
        servers.wait_until(lambda: len(servers.calls_of(honest)) >= 6 or not honest.running(), 60,
                           "the honest client calls")
        time.sleep(0 if options.smoke else 1)
        before, log_before = self.usage(), site.gateway.log_bytes()
        begin = time.time()
        seen = self.peer(self.name, definition.small if options.smoke else definition.count, options.seconds,
                         watch=True) if definition else self.idle()
        end = time.time()
        self.sample_for(options.after)
        after = self.usage()
        honest.stop()
        calls = [call for call in servers.calls_of(honest) if begin <= call[0] <= end]
        alive = site.gateway.running()
        again = site.honest_client(rounds=3)
        answers = alive and wait_for_exit(again, 60) == 0
        last_words = again.log().decode(errors="replace").strip().rpartition("\n")[2]
        return Result(self.name, before, self.peak, after, calls, alive, answers, last_words,
                      site.gateway.log()[log_before:], seen, site.edge.usage() if site.edge else None)

    def usage(self):
        usage = self.site.gateway.usage()
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
        target = {"address": self.site.address, "admin": self.site.gateway.admin, "tls": self.site.edge is not None,
                  "token": servers.ATTACKER_TOKEN, "count": count, "seconds": seconds, "seed": self.options.seed}
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "attacks.py")
        with open(os.path.join(self.site.folder, "peer.log"), "ab") as errors:
            process = subprocess.Popen([sys.executable, "-B", script, name, json.dumps(target)],
                                       stdout=subprocess.PIPE, stderr=errors)
            end = time.monotonic() + seconds + 15
            while process.poll() is None and time.monotonic() < end:
                if watch:
                    self.usage()
                time.sleep(0.05)
            process.kill()
            output = process.communicate()[0]
        return json.loads(output) if output else {"error": "the peer did not end"}


def wait_for_exit(process, seconds):
    try:
        return process.process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


class Result:
    def __init__(self, name, before, peak, after, calls, alive, answers, last_words, log, seen, edge_usage):
        self.name, self.before, self.peak, self.after = name, before, peak, after
        self.alive, self.answers, self.seen, self.edge_usage = alive, answers, seen, edge_usage
        self.last_words = last_words
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

    def misses(self, options):
        """What is not as it must be, as texts."""
        extra = (self.peak[1] - self.before[1]) / 1e6
        threads = self.peak[0] - self.before[0]
        faults = [("the gateway died", not self.alive),
                  (f"no answer afterwards: {self.last_words}", not self.answers),
                  (f"{threads} more threads, at most {MAX_EXTRA_THREADS}", threads > MAX_EXTRA_THREADS),
                  (f"{self.bad_lines} lines of the log are not records of the gateway", self.bad_lines > 0)]
        if not options.smoke:  # A short attack on a busy machine, perhaps with sanitizers, says nothing about these.
            faults += [(f"{extra:.0f} MB more memory, at most {MAX_EXTRA_MB}", extra > MAX_EXTRA_MB),
                       ("no honest call was answered", not self.ok),
                       (f"{self.failed} honest calls failed", self.failed > 0),
                       (f"p99 {self.p99:.0f} ms, at most {MAX_HONEST_P99_MS}", self.p99 > MAX_HONEST_P99_MS)]
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
    names += [name for name in attacks.ATTACKS if not (options.edge and attacks.ATTACKS[name].needs == "admin")]
    if options.only:
        names = [name for name in names if any(text in name for text in options.only)]
        if not names:
            sys.exit("tests/e2e/attacks: no such attack; --list prints their names")
    return names


def show(result, options):
    """Prints a row; returns what makes the run fail."""
    misses = result.misses(options)
    print(" | ".join(result.cells()), *([f"  MISSES: {'; '.join(misses)}"] if misses else []), sep="\n", flush=True)
    must = misses and (options.judge or options.smoke or not (result.alive and result.answers))
    return [f"{result.name}: {'; '.join(misses)}"] if must else []


def main():
    options = arguments()
    names = chosen(options)
    if options.list:
        print("\n".join(names))
        return 0
    results, bad = [], []
    for site_names in ([names] if options.smoke else [[name] for name in names]):
        try:
            with Site(options) as site:
                for name in site_names:
                    result = Trial(site, name).run()
                    results.append(result)
                    bad += show(result, options)
        except Failure as failure:
            bad.append(f"{site_names[0]}: {failure}")
            print(bad[-1], flush=True)
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
