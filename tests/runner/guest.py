# SPDX-License-Identifier: GPL-2.0
"""A test kernel at work for a test: started, waited for, judged."""

import os
import re
import subprocess

import gate
from processors import PROCESSORS
from result import FAIL, OK, SKIP
from script import SUITE

LOGS = os.path.join(SUITE, "build", "log")
BOOT = os.path.join(SUITE, "tests", "kernel", "boot")
CHECK = os.path.join(SUITE, "tests", "kernel", "guest-check")

EXIT_SKIP, EXIT_TIMEOUT, EXIT_DIED = 4, 124, 125

# Without KVM, everything in QEMU takes this much longer than in UML.
STOCK_SLOWNESS = 3

# A factor for all time limits, which are those of a test that has the machine for
# itself: here it shares two processors with three others, if nothing else is done.
DEFAULT_SLOW = 3
SLOW = float(os.environ.get("SLOW") or DEFAULT_SLOW)

# The limits that a scenario has for a single step are long enough as it is, unless
# somebody asks for more.
PATIENCE = max(1, round(SLOW / DEFAULT_SLOW))


class Guest:
    """One boot.  `label` names its log files, below build/log/."""

    def __init__(self, label, kernel, command, *, timeout=120, options=(), expected=()):
        base = os.path.join(LOGS, label)
        self.kernel, self.expected = kernel, expected
        self.out, self.log = base + ".out", base + ".log"
        timeout *= SLOW * (STOCK_SLOWNESS if kernel == "stock" else 1)
        self.command = [BOOT, "--timeout", str(timeout), "--log", self.log, *options,
                        kernel, "env", f"PATIENCE={PATIENCE}", *command]
        self.status = None
        self.stopped = False
        self.process = None
        self.processor = None

    def placed(self):
        """The command, on a processor of its own if one is all that it can use."""
        if self.kernel == "stock":
            return self.command
        self.processor = PROCESSORS.take()
        return ["taskset", "-c", str(self.processor), *self.command]

    def ended(self):
        if self.processor is not None:
            PROCESSORS.give_back(self.processor)
            self.processor = None

    def start(self, keep=()):
        os.makedirs(os.path.dirname(self.out), exist_ok=True)
        for path in (self.out, self.log):
            if os.path.exists(path):
                os.remove(path)
        with open(self.out, "wb") as out:
            self.process = subprocess.Popen(self.placed(), stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=subprocess.STDOUT, pass_fds=keep)

    def wait(self, timeout=None):
        """Return True when it has ended."""
        try:
            self.status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        self.ended()
        return True

    def stop(self):
        if self.process and self.process.poll() is None:
            self.stopped = True
            self.process.terminate()
            self.process.wait()
        self.ended()

    def run(self):
        self.start()
        self.wait()
        return self

    def output(self):
        return gate.read(self.out).splitlines()

    def log_text(self):
        return gate.read(self.log) if os.path.exists(self.log) else ""

    def logs(self):
        return [path for path in (self.out, self.log) if os.path.exists(path)]

    def trouble(self):
        """The lines of the kernel log that fail the test."""
        return gate.judge(self.log_text(), self.expected)

    def verdict(self):
        """Return the outcome and the reasons for it."""
        said = [line for line in self.output()
                if re.match(r"FAILED: |LEFT BEHIND: |SKIPPED: |boot: ", line)]
        trouble = self.trouble()
        if self.status == 0 and not trouble:
            return OK, []
        if self.status == EXIT_SKIP and not trouble:
            return SKIP, [line.removeprefix("SKIPPED: ") for line in said]
        if self.stopped:
            said.append("stopped, because the other side had failed")
        if not said and self.status:
            said = [f"exit status {self.status}"]
        return FAIL, said + trouble
