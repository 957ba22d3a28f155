# SPDX-License-Identifier: GPL-2.0
"""KUnit's results, read from a kernel log.

Linux 6.1 runs the suites of a module while it is being loaded, and prints them
without the lines that a KTAP document begins with: a suite starts at
`# Subtest:`, four columns in, and ends with its own result in the first column.
Later kernels print the same with a header.
"""

import dataclasses
import re

STAMP = re.compile(r"^\[ *\d+\.\d+\](\[[^]]*\])? ?")
SUBTEST = re.compile(r"^    # Subtest: (\S+)")
PLAN = re.compile(r"^    1\.\.(\d+)")
CASE = re.compile(r"^    (not ok|ok) \d+ (?:- )?(\S+)(.*)")
SUITE = re.compile(r"^(not ok|ok) \d+ (?:- )?(\S+)(.*)")
CAUSE = re.compile(r"# \S+: (EXPECTATION|ASSERTION) FAILED at (.*)")


@dataclasses.dataclass
class Suite:
    name: str
    planned: int = -1
    passed: int = 0
    skipped: int = 0
    failed: list = dataclasses.field(default_factory=list)
    causes: list = dataclasses.field(default_factory=list)
    verdict: str = ""

    def problems(self):
        """Why the suite does not pass; empty if it does."""
        found = [f"case {name} failed" for name in self.failed] + self.causes
        seen = self.passed + self.skipped + len(self.failed)
        if not self.verdict:
            found.append("the suite did not come to its end")
        elif seen != self.planned:
            found.append(f"{self.planned} cases were announced, {seen} reported")
        elif not seen:
            found.append("the suite has no cases")
        elif self.verdict != "ok" and not found:
            found.append("the suite failed, none of its cases did")
        return found


def take_case(suite, line):
    plan, case, cause = PLAN.match(line), CASE.match(line), CAUSE.search(line)
    if plan and suite.planned < 0:
        suite.planned = int(plan.group(1))
    elif case and case.group(1) != "ok":
        suite.failed.append(case.group(2))
    elif case and "# SKIP" in case.group(3):
        suite.skipped += 1
    elif case:
        suite.passed += 1
    elif cause:
        suite.causes.append(f"{cause.group(1).lower()} failed at {cause.group(2)}")


def parse(lines):
    """Return the suites that the log lines tell of, in their order."""
    suites, current = [], None
    for line in lines:
        line = STAMP.sub("", line.rstrip("\n"))
        begins, ends = SUBTEST.match(line), SUITE.match(line)
        if begins:
            current = Suite(begins.group(1))
            suites.append(current)
        elif current and ends and ends.group(2) == current.name:
            current.verdict = ends.group(1)
            current = None
        elif current:
            take_case(current, line)
    return suites
