"""Faults that make alerts fire for real, with their waits shortened, and what mends them."""

import os
import re
import time

import yaml

import stack

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RULES = os.path.join(ROOT, "deploy/chart/alerts/seedance-gateway.yaml")
# In place of the `for` of every alert, and lower limits of some.
FOR = "3s"
LOWER = (("SeedanceInDoubt", "> 900", "> 5"), ("SeedanceTasksFail", "> 4", "> 0"), ("SeedanceCallErrors", "> 20", "> 2"),
         ("SeedanceModerationStrikes", "> 20", "> 1"))


def short_rules(path):
    """Writes the rules with short waits and windows."""
    with open(RULES, encoding="utf-8") as file:
        rules = yaml.safe_load(file)
    for group in rules["groups"]:
        for rule in group["rules"]:
            if "for" in rule:
                rule["for"] = FOR
            rule["expr"] = re.sub(r"\[(?:5|10|15|30)m\]", "[1m]", rule["expr"])
            for alert, old, new in LOWER:
                if rule["alert"] == alert:
                    rule["expr"] = rule["expr"].replace(old, new)
    with open(path, "w", encoding="utf-8") as file:
        yaml.safe_dump(rules, file)


def firing(all_of):
    return {row["metric"]["alertname"]: row["metric"]
            for row in all_of.query('ALERTS{alertname=~"Seedance.*",alertstate="firing"}')}


def await_alert(all_of, name, seconds=240):
    begin = time.monotonic()
    labels = stack.until(f"alert {name}", lambda: firing(all_of).get(name), seconds)
    shown = " ".join(f"{key}={labels[key]}" for key in ("pod", "upstream", "kind", "reason", "limit") if key in labels)
    print(f"  {name} fires after {time.monotonic() - begin:.0f} s {shown}", flush=True)


def create(all_of, gateway, upstream, prompt):
    return all_of.ctl(gateway, "studio" if upstream == "anyfast" else "render", "generate", "--upstream", upstream, "-p", prompt,
                      "--duration", "5")


def make_all(all_of, gateway):
    """The work still runs: refused calls, failed tasks, strikes and a full library are its own."""
    for name in ("SeedanceCallsRefused", "SeedanceTasksFail", "SeedanceModerationStrikes", "SeedanceLibraryNearlyFull"):
        await_alert(all_of, name)
    print("fault: the answer to a billed request is lost")
    for _ in range(3):
        all_of.fault(kind="drop_reply", method="POST", path="/api/v1/task", times=1)
        create(all_of, gateway, "piapi", "lost")
    await_alert(all_of, "SeedanceInDoubt")
    print("fault: the vendor asks for a rest")
    all_of.fault(kind="status", path="/v1/video", times=0, status=429, retry_after=20)
    await_alert(all_of, "SeedanceVendorCooldown")
    stack.http_json(all_of.control + "/faults", method="DELETE")
    print("fault: the vendor is away")
    all_of.stop("sandbox", seconds=5)
    await_alert(all_of, "SeedanceVendorDown")
    for i in range(4):
        all_of.ctl(gateway, "studio", "--timeout", "10s", "groups", "create", f"away{i}", "--upstream", "anyfast")
    await_alert(all_of, "SeedanceCallErrors")
    all_of.restart_sandbox()


def make_ended(all_of, gateway, others):
    """Faults after which nothing of the work goes on."""
    print("fault: a gateway with a wrong key")
    all_of.start_gateway("wrong-key", f"{{sqlite: {{path: {all_of.path('wrong.db')}}}}}", key="bad", job="wrong")
    create(all_of, "wrong-key", "anyfast", "refused")
    await_alert(all_of, "SeedanceVendorRefusesKey")
    print("fault: its database is removed")
    os.remove(all_of.path("wrong.db"))
    stack.until("a probe", lambda: all_of.probe()["wrong-key"] == 503)
    await_alert(all_of, "SeedanceStoreUnsound")
    print("fault: TLS files that are no certificate")
    with open(all_of.path("tls.crt"), encoding="utf-8") as file:
        good = file.read()
    with open(all_of.path("tls.crt"), "w", encoding="utf-8") as file:
        file.write("none")
    await_alert(all_of, "SeedanceTlsFilesRefused")
    with open(all_of.path("tls.crt"), "w", encoding="utf-8") as file:
        file.write(good)
    print("fault: the collector of traces is away")
    all_of.collector.server_close()
    all_of.collector.shutdown()
    create(all_of, gateway, "anyfast", "untraced")
    await_alert(all_of, "SeedanceTraceSpansDropped")
    if others:
        print("fault: the database of the replicas is away")
        all_of.stop("postgres", 3)
        await_alert(all_of, "SeedanceLeaseLost")
    print("fault: a gateway is killed")
    all_of.stop(gateway, 9)
    await_alert(all_of, "SeedanceGatewayDown")
    for name in [*others, "wrong-key"]:
        all_of.stop(name, 9)
    all_of.gateways.clear()
    all_of.write_targets()
    await_alert(all_of, "SeedanceGatewayAbsent")

