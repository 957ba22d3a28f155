# SPDX-License-Identifier: GPL-2.0
"""The kinds of tests.

Each has a `name`, `where` it runs, the `kernels` that it runs on, what it
`needs` to be built before, a `weight` in processors, a `timeout`, and run(),
which returns its results.
"""

import glob
import os
import re
import socket
import subprocess
import time

import gate
import ktap
import script
from guest import CHECK, EXIT_TIMEOUT, LOGS, SLOW, Guest
from result import FAIL, OK, SKIP, Result
from script import SUITE

KUNIT_KERNEL = "uml-kasan"

# What is on its way between two kernels: the socket module has no name for it.
SO_SNDBUFFORCE = 32
CABLE_BYTES = 32 << 20

# One side's word for switching off the other, and on again.
RESET = "RESET: the other side"

# What can be built: a program below tests/ that takes a kernel's name.
KERNEL, MODULES, PLANTED = "kernel/build", "kernel/modules", "harness/build"


def needs(kernel, *programs):
    """Debian's kernel needs no building."""
    return [(program, kernel) for program in programs
            if (program, kernel) != (KERNEL, "stock")]


class Scenario:
    """tests/system/NAME.sh in one kernel."""

    weight = property(lambda self: 2 if self.where == "stock" else 1)
    kernels = property(lambda self: [self.where])
    needs = property(lambda self: needs(self.where, KERNEL, MODULES))
    options = ()

    def __init__(self, source, kernel):
        self.source, self.name, self.where = source, source.name, kernel
        self.timeout = source.timeout

    def guest(self):
        return Guest(f"{self.name}.{self.where}", self.where, [CHECK, self.source.path],
                     timeout=self.source.timeout, expected=self.source.expected,
                     options=[*self.options,
                              *(f"--append={word}" for word in self.source.append)])

    def run(self):
        begin = time.monotonic()
        guest = self.guest().run()
        outcome, reasons = self.assess(*guest.verdict())
        return [Result(self.name, self.where, outcome, time.monotonic() - begin,
                       reasons, guest.logs())]

    def assess(self, outcome, reasons):
        return outcome, reasons


class Planted(Scenario):
    """tests/harness/NAME.sh: something is wrong with it, and the harness must see it.

    Each `# must-fail: REGEX` says what one of the reasons has to be; without any the
    script has to pass: a harness that fails everything would look perfect.  None
    of them needs the suite.
    """

    needs = property(lambda self: needs(self.where, KERNEL, PLANTED))
    options = ("--stock-modules",)

    def assess(self, outcome, reasons):
        wanted = self.source.must_fail
        if not wanted:
            return outcome, reasons
        if outcome == SKIP:
            return outcome, reasons
        if outcome == OK:
            return FAIL, [f"not noticed: {', '.join(wanted)}"]
        missing = [pattern for pattern in wanted
                   if not any(re.search(pattern, reason) for reason in reasons)]
        if missing:
            return FAIL, [f"failed, but not for this reason: {', '.join(missing)}", *reasons]
        return OK, []


class Host:
    """A program that is run on this side of the boot: tests/harness/NAME.py are
    about the harness itself, tests/build/NAME about building the suite."""

    weight = 1
    kernels = ["uml-kasan"]
    needs = needs("uml-kasan", KERNEL)
    where = ""
    timeout = 1200

    def __init__(self, path):
        self.path = path
        self.name = os.path.relpath(path, os.path.join(SUITE, "tests")).removesuffix(".py")

    def run(self):
        begin = time.monotonic()
        log = os.path.join(LOGS, self.name + ".out")
        os.makedirs(os.path.dirname(log), exist_ok=True)
        with open(log, "wb") as file:
            status = subprocess.run(
                ["timeout", "-k", "10", str(self.timeout * SLOW), self.path, "-v"],
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT).returncode
        text = gate.read(log)
        skipped = re.findall(r"skipped '(.*)'", text)
        outcome = FAIL if status else SKIP if skipped else OK
        reasons = text.splitlines()[-3:] if status else skipped
        if status == EXIT_TIMEOUT:
            reasons.append(f"time is up after {self.timeout * SLOW:g} s")
        return [Result(self.name, self.where, outcome, time.monotonic() - begin, reasons, [log])]


class KUnit:
    """A module of KUnit suites; each suite is a result."""

    weight = 1
    timeout = 300
    where = KUNIT_KERNEL
    kernels = [KUNIT_KERNEL]
    needs = needs(KUNIT_KERNEL, KERNEL, MODULES)

    def __init__(self, module):
        self.module = module
        self.name = f"kunit/{module}"

    def run(self):
        begin = time.monotonic()
        guest = Guest(f"{self.name}.{self.where}", self.where,
                      [CHECK, "modprobe", self.module], timeout=self.timeout).run()
        outcome, reasons = guest.verdict()
        seconds = time.monotonic() - begin
        suites = ktap.parse(gate.lines_since_start(guest.log_text()) or [])
        if not suites:
            outcome, reasons = FAIL, reasons or ["no suite reported anything"]
        results = [Result(f"kunit/{suite.name}", self.where, FAIL if suite.problems() else OK,
                          seconds / len(suites), suite.problems(), guest.logs())
                   for suite in suites]
        if outcome == FAIL:
            results.append(Result(self.name, self.where, FAIL, seconds, reasons, guest.logs()))
        return results


def ethernet():
    """Two ends of a cable.

    A socket of datagrams would hold ten frames and lose the next; one of
    packets holds as many bytes as its buffer has.  A message of UC may be larger
    than what an ordinary user may have for a buffer, and its sender does not wait.
    """
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, CABLE_BYTES)
        try:
            end.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, CABLE_BYTES)
        except PermissionError:
            pass
    return ends


class Side:
    """One end of the Ethernet: the guest there, and those that were switched off."""

    def __init__(self, name, link):
        self.name, self.link = name, link
        self.guest, self.before, self.resets = None, [], 0

    def boot(self, guest):
        """Without a word to what runs there."""
        if self.guest:
            self.guest.stop()
            self.before.append(self.guest)
        self.guest, self.resets = guest, 0
        guest.start(keep=[self.link.fileno()])

    def wants_reset(self):
        """True once each time that it says so."""
        said = sum(line == RESET for line in self.guest.output())
        self.resets, before = said, self.resets
        return said > before

    def verdict(self):
        outcome, reasons = self.guest.verdict()
        for guest in self.before:
            reasons = guest.trouble() + reasons
        return FAIL if reasons and outcome == OK else outcome, reasons

    def logs(self):
        return [log for guest in [*self.before, self.guest] for log in guest.logs()]


class Interop:
    """tests/interop/NAME.sh on both ends of an Ethernet: our modules, stock ones.

    `# ours: stock` gives stock modules to our side as well, and `# ours: both` our
    provider to the stock side, whose script loads what it has of its own.

    A side that says RESET has the other one switched off and on again.
    """

    weight = 2

    # The other side has lost its partner, and may not have noticed.
    GRACE_SECONDS = 15

    def __init__(self, source, kernel, mtu):
        self.source, self.name, self.kernel, self.mtu = source, source.name, kernel, mtu
        self.where = f"{kernel} mtu {mtu}"
        self.timeout = source.timeout
        self.kernels = [kernel]
        self.needs = needs(kernel, KERNEL, *([] if source.ours == "stock" else [MODULES]))
        self.boots = 0

    def boot(self, side):
        """A peer has to work; what its stock modules leave behind is not our business,
        as long as the provider is not ours."""
        self.boots += 1
        # Both sides together boot first.
        number = max(1, self.boots - 1)
        stock = (self.source.ours == "stock" or
                 side.name == "stock" and self.source.ours != "both")
        judged = side.name != "stock" or self.source.ours == "both"
        check = [CHECK] if judged else []
        again = f".{number}" if number > 1 else ""
        side.boot(Guest(f"{self.name}.{self.kernel}.{self.mtu}.{side.name}{again}", self.kernel,
                        ["env", f"ROLE={side.name}", f"MTU={self.mtu}", f"BOOT={number}",
                         f"link_type={'rxe' if stock else 'rvt'}", *check, self.source.path],
                        timeout=self.source.timeout,
                        expected=self.source.expected if judged else [".*"],
                        options=["--net", str(side.link.fileno()),
                                 *(["--stock-modules"] if stock else [])]))

    def wait(self, sides):
        """Until both have ended; the second not long after a failure of the first."""
        waiting, deadline = list(sides), None
        while waiting:
            for side, other in (sides, sides[::-1]):
                if side in waiting and side.guest.wait(0.2):
                    waiting.remove(side)
                    if side.guest.status and deadline is None:
                        deadline = time.monotonic() + self.GRACE_SECONDS
                if other in waiting and side.wants_reset():
                    self.boot(other)
            if deadline and time.monotonic() > deadline:
                for side in waiting:
                    side.guest.stop()

    def run(self):
        begin = time.monotonic()
        links = ethernet()
        sides = [Side(name, link) for name, link in zip(("ours", "stock"), links)]
        for side in sides:
            self.boot(side)
        self.wait(sides)
        # Not earlier: UML trips over a cable whose other end has gone.
        for link in links:
            link.close()
        outcomes, reasons = [], []
        for side in sides:
            outcome, why = side.verdict()
            outcomes.append(outcome)
            reasons += [f"{side.name}: {reason}" for reason in why]
        outcome = FAIL if FAIL in outcomes else SKIP if SKIP in outcomes else OK
        return [Result(self.name, self.where, outcome, time.monotonic() - begin, reasons,
                       [log for side in sides for log in side.logs()])]


def interop(source):
    return [Interop(source, kernel, mtu) for kernel in source.kernels for mtu in source.mtus]


def kunit_modules():
    """The sources say which there are: one that is not built has to be missed."""
    with open(os.path.join(SUITE, "tests", "kunit", "Kbuild")) as file:
        return sorted(set(re.findall(r"\+= *(\w+_kunit)\.o", file.read())))


def collect():
    """All tests, those that take long first."""
    found = [Scenario(source, kernel) for source in script.find("system")
             for kernel in source.kernels]
    found += [test for source in script.find("interop") for test in interop(source)]
    found += [KUnit(module) for module in kunit_modules()]
    for source in script.find("harness"):
        if source.ours:
            found += interop(source)
        else:
            found += [Planted(source, kernel) for kernel in source.kernels]
    found += [Host(path) for pattern in ("tests/harness/*.py", "tests/build/*")
              for path in sorted(glob.glob(os.path.join(SUITE, pattern)))]
    return sorted(found, key=lambda test: (-test.weight, -test.timeout))
