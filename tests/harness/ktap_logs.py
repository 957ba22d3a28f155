#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""What KUnit prints, good and bad, is understood as it was meant."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "runner"))

import ktap             # noqa: E402

TWO_CASES = """\
[    1.000000]     KTAP version 1
[    1.000000]     # Subtest: suite
[    1.000000]     1..2
[    1.000000]     ok 1 plain
[    1.000000]         KTAP version 1
[    1.000000]         # Subtest: param
[    1.000000]         ok 1 first description
[    1.000000]         {param} 2 second description
[    1.000000]     # param: pass:1 fail:1 skip:0 total:2
[    1.000000]     {param} 2 param
[    1.000000] # suite: pass:1 fail:1 skip:0 total:2
[    1.000000] # Totals: pass:2 fail:1 skip:0 total:3
[    1.000000] {verdict} 1 suite
"""


def text(param="ok", verdict="ok", without=None):
    lines = TWO_CASES.format(param=param, verdict=verdict).splitlines()
    return [line for line in lines if without is None or without not in line]


class KtapLogs(unittest.TestCase):
    def test_pass(self):
        suite, = ktap.parse(text())
        self.assertEqual((suite.name, suite.passed, suite.problems()), ("suite", 2, []))

    def test_case_fails(self):
        suite, = ktap.parse(text("not ok", "not ok"))
        self.assertEqual(suite.failed, ["param"])
        self.assertTrue(suite.problems())

    def test_case_fails_and_suite_claims_not(self):
        suite, = ktap.parse(text("not ok", "ok"))
        self.assertTrue(suite.problems())

    def test_suite_fails_in_its_set_up(self):
        suite, = ktap.parse(text("ok", "not ok"))
        self.assertTrue(suite.problems())

    def test_cut_off(self):
        for count in range(2, len(text())):
            suite, = ktap.parse(text()[:count])
            self.assertTrue(suite.problems(), count)

    def test_case_is_missing(self):
        suite, = ktap.parse(text(without="ok 1 plain"))
        self.assertTrue(suite.problems())

    def test_skipped_case(self):
        lines = [line.replace("ok 1 plain", "ok 1 plain # SKIP no memory") for line in text()]
        suite, = ktap.parse(lines)
        self.assertEqual((suite.passed, suite.skipped, suite.problems()), (1, 1, []))

    def test_cause(self):
        cause = "    # plain: EXPECTATION FAILED at tests/x.c:12"
        suite, = ktap.parse([*text()[:3], cause, *text("not ok", "not ok")[3:]])
        self.assertIn("expectation failed at tests/x.c:12", suite.problems())

    def test_two_suites_with_the_header_of_later_kernels(self):
        second = [line.replace("suite", "other").replace("ok 1 other", "ok 2 other")
                  for line in text()]
        suites = ktap.parse(["KTAP version 1", "1..2", *text(), *second])
        self.assertEqual([suite.name for suite in suites], ["suite", "other"])
        self.assertEqual([suite.problems() for suite in suites], [[], []])

    def test_nothing(self):
        self.assertEqual(ktap.parse(["IPv6: link becomes ready"]), [])


if __name__ == "__main__":
    unittest.main()
