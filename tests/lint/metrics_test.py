"""Shows that metrics.py finds what it is for."""

import unittest

import metrics

TABLE = "| metric | type | labels | what it says |\n|---|---|---|---|\n| `seedance_a_total` | counter |  | A. |\n"
PAGE = "# Metrics\n" + metrics.BEGIN + TABLE + metrics.END


class MetricsTest(unittest.TestCase):
    def test_good(self):
        self.assertEqual(metrics.problems({"x.cc": 'm.Counter("seedance_a_total").Add();'}, TABLE, PAGE), [])

    def test_unknown(self):
        sources = {"x.cc": 'm->Counter(\n  "seedance_a_total", l); m.GaugeAtScrape("seedance_b", {}, f);'}
        self.assertEqual(metrics.problems(sources, TABLE, PAGE), ["x.cc: seedance_b is not in " + metrics.TABLE])

    def test_choice_of_two(self):
        sources = {"x.cc": 'm->Counter(more < 0 ? "seedance_a_total" : "seedance_c_total",'}
        self.assertEqual(metrics.problems(sources, TABLE, PAGE), ["x.cc: seedance_c_total is not in " + metrics.TABLE])

    def test_unused(self):
        self.assertEqual(metrics.problems({}, TABLE, PAGE), [metrics.TABLE + ": seedance_a_total is measured nowhere"])

    def test_stale_page(self):
        sources = {"x.cc": 'm.Counter("seedance_a_total")'}
        self.assertIn("is not what the gateway prints", metrics.problems(sources, TABLE, PAGE.replace("A.", "B."))[0])
        self.assertIn("has no lines", metrics.problems(sources, TABLE, "# Metrics\n")[0])


if __name__ == "__main__":
    unittest.main()
