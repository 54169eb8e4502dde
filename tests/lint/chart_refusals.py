"""Values with which no gateway could start are refused by the chart, with a message that names the value. Needs helm
(environment variable HELM, or in the path); without it the test is skipped (77)."""

import json
import os
import shutil
import subprocess
import sys

from chart import CHART, merged
from files import ROOT

HELM = os.environ.get("HELM", "helm")
UPSTREAMS = [{"name": "a", "anyfast": {"api_key": {"file": "/etc/seedance-gateway/secrets/vendors/key"}}}]
SQLITE = {"config": {"server": {"allow_insecure_listen": True}, "upstreams": UPSTREAMS}}
POSTGRES = merged(SQLITE, {"store": "postgres", "config": {"store": {"postgres": {"connection": "host=db"}}},
                           "networkPolicy": {"database": [{"podSelector": {}}]}})
MIGRATE = {"migrate": {"enabled": True}}

# (part of the message, values, changes of them). An empty part: it renders.
CASES = [
    ("", SQLITE, {}),
    ("", POSTGRES, MIGRATE),
    ("config.upstreams", SQLITE, {"config": {"upstreams": []}}),
    ("tls.enabled", SQLITE, {"config": {"server": {"allow_insecure_listen": False}}}),
    ("config.tenants", SQLITE, {"config": {"server": {"allow_insecure_listen": False}}, "tls": {"enabled": True}}),
    ("config.server.listen", SQLITE, {"config": {"server": {"listen": "unix:/tmp/a"}}}),
    ("config.admin.probe_listen", SQLITE, {"config": {"admin": {"probe_listen": None}}}),
    ("config.store.postgres.connection", POSTGRES, {"config": {"store": {"postgres": {"connection": None}}}}),
    ("config.store.sqlite", POSTGRES, {"config": {"store": {"sqlite": {"path": "a"}}}}),
    ("config.store.postgres.replicas", POSTGRES, {"config": {"store": {"postgres": {"replicas": {}}}}}),
    ("networkPolicy.database", POSTGRES, {"networkPolicy": {"database": []}}),
    ("keda.enabled", POSTGRES, {"keda": {"enabled": True}, "autoscaling": {"enabled": True}}),
    ("keda.prometheusAddress", POSTGRES, {"keda": {"enabled": True}}),
    ("config.store.postgres: is set", SQLITE, {"config": {"store": {"postgres": {"connection": "host=db"}}}}),
    ("autoscaling needs store=postgres", SQLITE, {"autoscaling": {"enabled": True}}),
    ("migrate.enabled", SQLITE, MIGRATE),
    ("standby.enabled", SQLITE, {"standby": {"enabled": True}, "persistence": {"enabled": False}}),
    ("standby.enabled", POSTGRES, {"standby": {"enabled": True}}),
    ("tls.clientCA.enabled", SQLITE, {"tls": {"clientCA": {"enabled": True}}}),
    ("tls.certManager.issuerRef.name", SQLITE, {"tls": {"enabled": True, "certManager": {"enabled": True}}}),
    ("callbacks.enabled", SQLITE, {"callbacks": {"enabled": True}}),
    ("staging.enabled", SQLITE, {"staging": {"enabled": True}}),
    ("grpcRoute.parentRefs", SQLITE, {"grpcRoute": {"enabled": True}}),
    ("additional property", SQLITE, {"replica": 3}),
    ("image.digest", SQLITE, {"image": {"digest": "sha256:abc"}}),
]


def render(values):
    done = subprocess.run([HELM, "template", "seedance-gateway", os.path.join(ROOT, CHART), "--kube-version", "1.34.0",
                           "--values", "-"],
                          input=json.dumps(values), capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def main():
    if not shutil.which(HELM):
        print("chart_refusals: helm is not installed")
        return 77
    faults = []
    for part, values, changes in CASES:
        code, said = render(merged(values, changes))
        if (code == 0) != (part == "") or part.lower() not in said.lower():
            faults.append(f"{changes}: expected `{part}`, got {code}: {said.strip()}")
    print("\n".join(faults) or f"chart_refusals: no faults in {len(CASES)} cases")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
