#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""From what rbench printed to medians, ratios, and the report of `make bench`."""

import importlib.machinery
import importlib.util
import math
import os
import sys
import unittest
import xml.dom.minidom

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path[:0] = [os.path.join(TESTS, "bench"), os.path.join(TESTS, "runner")]

import cases            # noqa: E402
import report           # noqa: E402
from cases import Case, Goal  # noqa: E402


def load_run():
    """It has no .py in its name."""
    loader = importlib.machinery.SourceFileLoader("bench_run", os.path.join(TESTS, "bench", "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench_run", loader))
    loader.exec_module(module)
    return module


FAST = Case("fast", "fast <case>", "bytes_per_second", {"rvt": "a", "rxe": "b"},
            (Goal("rxe", ">=", 10), Goal("", ">=", 0.5, "part_of_memcpy")))
SLOW = Case("slow", "slow", "median_us", {"rvt": "a", "rxe": "b"}, (Goal("rxe", "<=", 0.4),))


def rate(ours, theirs):
    return {"rvt": {"bytes_per_second": ours, "cpu_ns_per_byte": 2.0, "part_of_memcpy": 0.4},
            "rxe": {"bytes_per_second": theirs, "cpu_ns_per_byte": 30.0}}


# Ratios 20, 10, 30: the median of the ratios is 20, the ratio of the medians 15.
RATES = [rate(2e9, 1e8), rate(1e9, 1e8), rate(3e9, 1e8)]
TIMES = [{"rvt": {"median_us": 10, "cpu_us_per_message": 9},
          "rxe": {"median_us": 20, "cpu_us_per_message": 19}}]


class Numbers(unittest.TestCase):
    def test_medians(self):
        outcome = report.assess(FAST, RATES)
        self.assertEqual(outcome.medians, {"rvt": 2e9, "rxe": 1e8})
        self.assertEqual(outcome.cpu, {"rvt": 2.0, "rxe": 30.0})
        self.assertEqual((outcome.rounds, outcome.failures), (3, []))

    def test_the_ratio_is_of_one_round(self):
        rounds = [rate(100, 10), rate(10, 5), rate(1000, 1)]
        verdict = report.assess(FAST, rounds).verdicts[0]
        self.assertEqual((verdict.ratio, verdict.lowest, verdict.highest), (10, 2, 1000))
        # and not that of the medians, which is 20

    def test_even_number_of_rounds(self):
        self.assertEqual(report.assess(FAST, RATES[:2]).verdicts[0].ratio, 15)

    def test_goals(self):
        met = [verdict.met() for verdict in report.assess(FAST, RATES).verdicts]
        self.assertEqual(met, [True, False])
        self.assertEqual(report.assess(SLOW, TIMES).verdicts[0].ratio, 0.5)
        self.assertFalse(report.assess(SLOW, TIMES).verdicts[0].met())

    def test_a_failure_spoils_its_round_only(self):
        rounds = [*RATES, {"rvt": {"failed": "rbench: payload"}, "rxe": RATES[0]["rxe"]}]
        outcome = report.assess(FAST, rounds)
        self.assertEqual(outcome.verdicts[0].ratio, 20)
        self.assertEqual(outcome.failures, ["rvt: rbench: payload"])

    def test_nothing_measured(self):
        verdict = report.assess(FAST, [{"rvt": {"failed": "x"}, "rxe": {"failed": "y"}}]).verdicts[0]
        self.assertIsNone(verdict.ratio)
        self.assertIsNone(verdict.met())


class Pages(unittest.TestCase):
    outcomes = [report.assess(FAST, RATES), report.assess(SLOW, TIMES)]

    def test_rows(self):
        self.assertEqual(list(report.rows(self.outcomes)), [
            ["fast <case>", "2000 MB/s", "rxe", "100 MB/s", "20.00", "10.00 to 30.00", ">= 10 x",
             "yes", "2.00 ns/B", "30.00 ns/B"],
            ["fast <case>", "2000 MB/s", "memcpy", "", "0.400", "0.400 to 0.400", ">= 0.5", "no",
             "2.00 ns/B", ""],
            ["slow", "10.00 us", "rxe", "20.00 us", "0.500", "0.500 to 0.500", "<= 0.4 x", "no",
             "9.00 us/msg", "19.00 us/msg"]])

    def test_markdown(self):
        text = report.markdown({"processor": "two"}, self.outcomes)
        self.assertIn("* processor: two\n", text)
        self.assertIn("* rounds (A B) of each case: at least 1\n", text)
        table = [line for line in text.splitlines() if line.startswith("|")]
        self.assertEqual(len(table), 2 + 3)
        self.assertEqual({line.count("|") for line in table}, {len(report.HEADERS) + 1})

    def test_failures_are_shown(self):
        outcome = report.assess(FAST, [{"rvt": {"failed": "it broke"}}])
        text = report.markdown({}, [outcome])
        self.assertIn("* fast: rvt: it broke", text)
        self.assertIn("not measured", text)

    def test_rst(self):
        lines = report.rst_table(self.outcomes).splitlines()
        self.assertEqual(sum(line.startswith("   * -") for line in lines), 1 + 3)
        self.assertEqual(sum(line.startswith("     -") for line in lines),
                         4 * (len(report.HEADERS) - 1))

    def test_chart(self):
        document = xml.dom.minidom.parseString(report.svg(self.outcomes))
        texts = [node.firstChild.data for node in document.getElementsByTagName("text")]
        self.assertIn("fast <case> / rxe", texts)
        self.assertIn("20.00", texts)
        # half the time is twice as fast
        self.assertIn("2.00", texts)
        widths = [float(node.getAttribute("width")) for node in
                  document.getElementsByTagName("rect") if node.getAttribute("height") == "16"]
        self.assertAlmostEqual(widths[0] / widths[1], math.log(20) / math.log(2), delta=0.01)

    def test_chart_of_a_slow_case(self):
        case = Case("x", "x", "bytes_per_second", {"rvt": "a", "rxe": "b"}, (Goal("rxe", ">=", 3),))
        text = report.svg([report.assess(case, [rate(1, 4)])])
        self.assertIn(">0.250</text>", text)
        self.assertIn(">0.2</text>", text)
        self.assertNotIn('width="-', text)


class Guest(unittest.TestCase):
    parse = staticmethod(load_run().parse)

    def test_output(self):
        lines = ["BEGIN 0/rvt", "+ modprobe rvt_roce", '{"what": "send", "bytes": 5}', "",
                 "END 0/rvt 0", "BEGIN 0/rxe", "+ rbench", "FAILED: exit status 1", "rbench: no",
                 "--- end of the kernel log", "veth: up", "END 0/rxe 1"]
        self.assertEqual(self.parse(lines), {"0/rvt": {"what": "send", "bytes": 5},
                                             "0/rxe": {"failed": "FAILED: exit status 1 / rbench: no"}})

    def test_numbers_of_a_failure_do_not_count(self):
        lines = ["BEGIN 0/rvt", '{"what": "send", "bytes": 5}', "END 0/rvt 1"]
        self.assertIn("failed", self.parse(lines)["0/rvt"])

    def test_no_numbers(self):
        self.assertIn("failed", self.parse(["BEGIN 0/rvt", "END 0/rvt 0"])["0/rvt"])

    def test_killed(self):
        found = self.parse(["BEGIN 0/rvt", "one", "two", "three", "END 0/rvt 124"])
        self.assertEqual(found, {"0/rvt": {"failed": "two / three"}})
        found = self.parse(["BEGIN 0/rvt", "END 0/rvt 124"])
        self.assertEqual(found, {"0/rvt": {"failed": "exit status 124"}})

    def test_died(self):
        found = self.parse(["BEGIN 0/rvt", '{"what": "send", "bytes": 5}'])
        self.assertIn("failed", found["0/rvt"])


class Table(unittest.TestCase):
    def test_cases(self):
        names = [case.name for case in cases.CASES]
        self.assertEqual(len(names), len(set(names)))
        for case in cases.CASES:
            self.assertGreaterEqual(len(case.sides), 2, case.name)
            for goal in case.goals:
                self.assertIn(goal.rival, [*case.sides, ""], case.name)
                self.assertIn(goal.relation, (">=", "<="))
            for command in case.sides.values():
                self.assertTrue(os.access(os.path.join(TESTS, "..", command.split()[0]), os.X_OK))


if __name__ == "__main__":
    unittest.main()
