"""Real work for the dashboards to show: tasks that succeed and fail, assets, transfers, watches, refused calls."""

import os
import threading
import time

import stack

MEDIA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "testing/media")
PROMPTS = ("a cat walks in the rain", "a dog runs", "[fail] a door", "[moderation] a fight", "[input-moderation] no", "[face] x")


class Work:
    """Runs until it is stopped, on threads of its own; what one of them cannot do is in `errors`."""

    def __init__(self, all_of):
        self.stack = all_of
        self.ended = threading.Event()
        self.errors = []
        self.watchers = []
        self.threads = []

    def start(self, gateway, others):
        """All kinds of work at `gateway`, videos at the others."""
        for tenant, upstream in (("studio", "anyfast"), ("render", "piapi")):
            self.run(self.make_assets, gateway, tenant, upstream)
            self.run(self.make_videos, gateway, tenant, upstream)
        self.run(self.misbehave, gateway)
        for other in others:
            self.run(self.make_videos, other, "studio", "anyfast")

    def run(self, what, *arguments):
        def guarded():
            try:
                what(*arguments)
            except Exception as error:  # pylint: disable=broad-except
                self.errors.append(f"{what.__name__}{arguments}: {error}")
        self.threads.append(threading.Thread(target=guarded, daemon=True))
        self.threads[-1].start()

    def stop(self):
        self.ended.set()
        for thread in self.threads:
            thread.join(60)
        for watcher in self.watchers:
            watcher.kill()
            watcher.communicate()

    def make_videos(self, gateway, tenant, upstream):
        """One video after the other; every other one is downloaded."""
        number = 0
        while not self.ended.is_set():
            prompt = PROMPTS[number % len(PROMPTS)]
            way = ["--download", self.stack.path(f"{gateway}-{upstream}.mp4")] if number % 2 else ["--watch"]
            self.stack.ctl(gateway, tenant, "--timeout", "60s", "generate", "--upstream", upstream, "--duration", "5", "-p", prompt,
                           *way)
            number += 1

    def make_assets(self, gateway, tenant, upstream):
        """Groups and images, of which some are used by a task."""
        number = 0
        while not self.ended.is_set():
            # All nine places that there are for assets of PiAPI.
            if number < 3:
                name = f"{gateway}-{number}"
                code, group = self.stack.ctl(gateway, tenant, "groups", "create", name, "--upstream", upstream)
                if code:
                    raise RuntimeError(group)
                asset = ""
                for copy in range(3):
                    code, asset = self.stack.ctl(gateway, tenant, "assets", "upload", os.path.join(MEDIA, "hero.png"), "--group",
                                                 group, "--name", f"hero{copy}", "--wait")
                self.stack.ctl(gateway, tenant, "--timeout", "60s", "generate", "--upstream", upstream, "-p", "@image1 walks", "--ref", asset,
                               "--allow-upgrade", "--watch")
            self.stack.ctl(gateway, tenant, "assets", "usage", "--upstream", upstream)
            self.stack.ctl(gateway, tenant, "tasks", "list", "--limit", "5")
            number += 1
            self.ended.wait(1)

    def misbehave(self, gateway):
        """Refused calls of each kind, more open calls than a tenant may have, lost answers, a vendor that asks for a rest."""
        self.watchers.append(self.stack.ctl(gateway, "crowd", "tasks", "watch", wait=False))
        number = 0
        while not self.ended.is_set():
            number += 1
            # Calls that the vendor holds up, more than the tenant may have open.
            self.stack.fault(kind="delay", method="POST", path="/volc/asset", times=3, delay_ms=3000)
            crowd = [self.stack.ctl(gateway, "crowd", "groups", "create", f"crowd-{number}-{i}", wait=False) for i in range(5)]
            self.stack.ctl(gateway, "crowd", "generate", "--duration", "99", "-p", "too long")
            self.stack.ctl(gateway, "studio", "tasks", "get", "01a22ba3-5fa2-7e13-aeb5-a80b4312297e")
            self.stack.ctl(gateway, "nobody", "tasks", "list")
            self.stack.fault(kind="status", method="POST", path="/v1/video", times=2, status=429, retry_after=2)
            self.stack.fault(kind="status", method="GET", path="/api/v1/task", times=2, status=503)
            self.webhook(gateway)
            self.stack.fault(kind="drop_reply", method="POST", path="/v1/video", times=1)
            for process in crowd:
                process.communicate(timeout=180)
            self.ended.wait(2)

    def webhook(self, gateway):
        """One of a task that is not open here, as PiAPI sends it."""
        path = "/webhooks/piapi/" + stack.webhook_token("piapi", "hush")
        stack.status_of(f"http://{self.stack.gateways[gateway]['admin']}{path}", {"x-webhook-secret": "hush"},
                        {"timestamp": int(time.time()), "data": {"task_id": "gone", "status": "completed"}})
