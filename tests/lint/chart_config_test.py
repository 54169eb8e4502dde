"""A configuration that the gateway refuses must be reported: chart_config_test.py GATEWAY tests chart_config.py itself."""

import sys
import tempfile
import unittest

import chart
import chart_config
from chart_objects import load, of_kind
from files import ROOT

GATEWAY = sys.argv.pop(1)


class ChartConfigTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            cls.certificate, cls.key = chart_config.make_certificate(folder)

    def faults(self, scenario, old="", new=""):
        objects = load(chart.read(ROOT, chart.CHART, "renders", f"{scenario}.yaml"))
        for each in of_kind(objects, "ConfigMap"):
            text = each["data"].get("gateway.yaml", "")
            self.assertTrue(not text or old in text or each["metadata"]["name"].endswith("-migrate"))
            if text:
                each["data"]["gateway.yaml"] = text.replace(old, new) if old else text
        return "\n".join(chart_config.faults_of(GATEWAY, objects, self.certificate, self.key))

    def test_good(self):
        self.assertEqual("", self.faults("postgres-full"))

    def test_field_that_there_is_not(self):
        self.assertIn("drain_pause", self.faults("sqlite", "drain_delay", "drain_pause"))

    def test_plain_text_that_nobody_asked_for(self):
        self.assertIn("allow_insecure_listen", self.faults("postgres", "allow_insecure_listen: true", "call_threads: 8"))

    def test_file_that_is_not_mounted(self):
        self.assertIn("/elsewhere", self.faults("sqlite", "/etc/seedance-gateway/tls/tls.crt", "/elsewhere/tls.crt"))


if __name__ == "__main__":
    unittest.main()
