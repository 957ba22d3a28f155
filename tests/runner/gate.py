# SPDX-License-Identifier: GPL-2.0
"""The judge of a kernel log: which lines fail a test, whatever the test says.

A kernel that has just booted may have warned already (UML 6.1 does, once, about
its own PCI bus); what counts comes after the line with which guest-init hands
over to the test.
"""

import re

START = "rvt-harness: start"

# How the kernel says that something is wrong with it.
TROUBLE = re.compile("|".join((
    r"\bBUG\b",                         # also KASAN, lockups, restrack, atomic sleeps
    r"\bWARNING\b",                     # also lockdep and suspicious RCU usage
    r"\bOops\b",
    r"Kernel panic",
    r"general protection fault",
    r"[Uu]nable to handle",
    r"\bUBSAN\b",
    r"\bODEBUG\b",
    r"DMA-API: .*(device driver|debugging out of memory)",
    r"INFO: possible .* (locking|deadlock|unsafe)",
    r"INFO: trying to register non-static key",
    r"INFO: lockdep is turned off",
    r"\bstalls? (on|detected)|self-detected stall|expedited stalls",
    r"INFO: task .* blocked for more than",
    r"soft lockup|hard LOCKUP",
    r"waiting for .* to become free",
    r"refcount_t:",
    r"ref_tracker:|leaked reference",
    r"list_(add|del).*(corruption|LIST_POISON)",
    r"Objects? remaining in",
    r"kmemleak: .* suspected memory leak",
    r"segfault at|trap invalid opcode|potentially unexpected fatal signal",
)))

# UML 6.1 walks the maple tree of a forking process without the lock for it,
# and lockdep says so once for each line that does: some come late.
UML_FORK = "force_flush_all+"
RCU_REPORT = "WARNING: suspicious RCU usage"
RCU_REPORT_LINES = 60


def lines_since_start(text):
    """The lines that count, or None if the test never began."""
    _, start, rest = text.partition(START)
    return rest.splitlines()[1:] if start else None


def read(path):
    with open(path, errors="replace") as file:
        return file.read()


def uml_fork(lines, number):
    """Is this the begin of a report about UML's own fork?"""
    if not lines[number].endswith(RCU_REPORT):
        return False
    for line in lines[number + 1:number + RCU_REPORT_LINES]:
        if TROUBLE.search(line):        # the next report
            return False
        if UML_FORK in line:
            return True
    return False


def judge(text, expected=()):
    """Return the lines that fail the test.

    @expected are regular expressions for lines that the test brings about.
    """
    lines = lines_since_start(text)
    if lines is None:
        return ["the kernel log has no line that says the test began"]
    allowed = [re.compile(pattern) for pattern in expected]
    return [line.strip() for number, line in enumerate(lines) if TROUBLE.search(line)
            and not any(pattern.search(line) for pattern in allowed)
            and not uml_fork(lines, number)]
