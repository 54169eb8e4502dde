"""dashboards.py reports what is wrong."""

import copy
import os
import shutil
import tempfile
import unittest

import dashboards
import promql

PAGE = """
| metric | type | labels | what it says |
|---|---|---|---|
| `seedance_calls_total` | counter | method, code | x |
| `seedance_open_calls` | gauge |  | x |
| `seedance_call_seconds` | histogram | method | x |
| `seedance_build_info` | gauge | version, revision | x |
"""
METRICS = promql.Metrics(PAGE)
ALERT = {"alert": "SeedanceBusy", "expr": "sum by (job) (seedance_open_calls) > 9", "labels": {"severity": "warning"},
         "annotations": {"summary": "{{ $labels.job }}", "description": "x", "runbook_url": "deploy/runbooks/busy.md"}}
PAGES = {"deploy/runbooks/busy.md": "# SeedanceBusy\n"}
INDEX = "| [SeedanceBusy](busy.md) | warning | always |\n"


class ExpressionTest(unittest.TestCase):
    def faults(self, expr, legend=""):
        return promql.faults(expr, METRICS, legend)

    def test_good_ones(self):
        for expr, legend in (
                ('sum by (code) (rate(seedance_calls_total{method=~"Get.*",job=~"$job"}[$__rate_interval])) * 60', "{{code}}"),
                ("histogram_quantile(0.9, sum by (method, le) (rate(seedance_call_seconds_bucket[5m])))", "{{method}}"),
                ("up == 0 and on (job) group by (job) (last_over_time(seedance_build_info[1d]))", "{{instance}}"),
                ("absent(seedance_build_info) or vector(0)", ""),
                ("rate(seedance_call_seconds_sum[5m]) / rate(seedance_call_seconds_count[5m])", "{{pod}}")):
            self.assertEqual([], self.faults(expr, legend), expr)

    def test_bad_ones(self):
        for part, expr in (
                ("no series", "seedance_open_call"),
                ("no series", "rate(seedance_call_seconds[5m])"),
                ("no label methods", 'rate(seedance_calls_total{methods="x"}[5m])'),
                ("no label method", 'seedance_open_calls{job="a",method="x"}'),
                ("by (tenant)", "sum by (tenant) (seedance_open_calls)"),
                ("by (le)", "sum by (le) (rate(seedance_call_seconds_count[5m]))"),
                ("by (method)", "sum by (method) (sum by (job) (rate(seedance_calls_total[5m])))"),
                ("on (tenant)", "seedance_open_calls > on (tenant) seedance_open_calls"),
                ("use rate", "sum(seedance_calls_total)"),
                ("is a gauge", "rate(seedance_open_calls[5m])"),
                ("cannot be read", "seedance_open_calls ; 1")):
            self.assertTrue(any(part in fault for fault in self.faults(expr)), (expr, self.faults(expr)))

    def test_legend_of_a_label_that_is_gone(self):
        self.assertIn("shows method", self.faults("sum by (code) (rate(seedance_calls_total[5m]))", "{{method}}")[0])
        self.assertIn("shows le", self.faults(
            "histogram_quantile(0.9, sum by (le) (rate(seedance_call_seconds_bucket[5m])))", "{{le}}")[0])


class DashboardTest(unittest.TestCase):
    def setUp(self):
        self.generator = dashboards.load_generator()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = os.path.join(folder.name, "dashboards")
        shutil.copytree(self.generator.FOLDER, self.folder)

    def problems(self, changed=None):
        return self.generator.problems(changed or self.generator.DASHBOARDS, promql.read_metrics(), self.folder)

    def test_what_is_committed_has_no_faults(self):
        self.assertEqual([], self.problems())

    def test_files_that_differ(self):
        with open(os.path.join(self.folder, "store.json"), "a", encoding="utf-8") as file:
            file.write("\n")
        os.remove(os.path.join(self.folder, "money.json"))
        with open(os.path.join(self.folder, "foreign.json"), "w", encoding="utf-8") as file:
            file.write("{}")
        faults = self.problems()
        self.assertEqual(3, len(faults), faults)

    def test_faults_of_a_panel(self):
        for part, change in (("no series", {"expr": "seedance_nothing"}),
                             ("no variable", {"expr": 'seedance_open_calls{pod=~"$tenants"}'}),
                             ("the legend shows", {"legend": "{{tenant}}"})):
            changed = copy.deepcopy(self.generator.DASHBOARDS)
            query = changed[0].panels()[0].queries[0]
            for field, value in change.items():
                setattr(query, field, value)
            self.assertTrue(any(part in fault for fault in self.problems(changed)), part)

    def test_a_panel_that_is_there_twice(self):
        changed = copy.deepcopy(self.generator.DASHBOARDS)
        changed[0].rows[0].panels.append(changed[0].rows[0].panels[0])
        self.assertTrue(any("twice" in fault for fault in self.problems(changed)))


class AlertTest(unittest.TestCase):
    def test_good_alert(self):
        self.assertEqual([], [*dashboards.alert_faults(ALERT, METRICS)])
        self.assertEqual([], [*dashboards.runbook_faults([ALERT], PAGES)])
        self.assertEqual([], [*dashboards.index_faults([ALERT], INDEX)])

    def test_faults_of_an_alert(self):
        for part, change in (("no series", {"expr": "seedance_nothing > 1"}), ("severity", {"labels": {}}),
                             ("begins with Seedance", {"alert": "Busy"}), ("has no runbook_url", {"annotations": {}}),
                             ("label pod", {"annotations": {**ALERT["annotations"], "summary": "{{ $labels.pod }}"}})):
            faults = [*dashboards.alert_faults({**ALERT, **change}, METRICS)]
            self.assertTrue(any(part in fault for fault in faults), (part, faults))

    def test_runbooks(self):
        for part, pages in (("does not exist", {}), ("heading", {"deploy/runbooks/busy.md": "# Busy\n"}),
                            ("of no alert", {**PAGES, "deploy/runbooks/old.md": "# SeedanceOld\n"})):
            self.assertIn(part, [*dashboards.runbook_faults([ALERT], pages)][0])
        self.assertIn("lacks", [*dashboards.index_faults([ALERT], INDEX.replace("warning", "critical"))][0])
        self.assertIn("is no alert", [*dashboards.index_faults([], INDEX)][0])

    def test_alerts_without_tests(self):
        fires = {"tests": [{"alert_rule_test": [{"alertname": "SeedanceBusy", "exp_alerts": [{"exp_labels": {}}]}]}]}
        silent = {"tests": [{"alert_rule_test": [{"alertname": "SeedanceBusy", "exp_alerts": []}]}]}
        self.assertEqual([], [*dashboards.test_faults([ALERT], [fires, silent])])
        self.assertIn("stays silent", [*dashboards.test_faults([ALERT], [fires])][0])
        self.assertIn("fires", [*dashboards.test_faults([ALERT], [silent])][0])

    @unittest.skipUnless(shutil.which("promtool"), "there is no promtool")
    def test_expressions_that_prometheus_cannot_read(self):
        self.assertEqual([], dashboards.syntax_faults(["sum(up)", "rate(a[5m])"]))
        self.assertEqual(1, len(dashboards.syntax_faults(["sum(up"])))


if __name__ == "__main__":
    unittest.main()
