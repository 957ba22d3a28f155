#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""No process survives a test kernel, however the boot comes to its end."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SUITE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BOOT = os.path.join(SUITE, "tests", "kernel", "boot")

# In the kernel the command forks, so that there is more than one host process.
BUSY = ["bash", "-c", "sleep 1000 & sleep 1000 & echo up; wait"]


class Survivors(unittest.TestCase):
    def setUp(self):
        # The name shows up in the command line of every process of the boot.
        self.directory = tempfile.TemporaryDirectory(prefix="rvt-survivors-")
        self.addCleanup(self.directory.cleanup)

    def boot(self, command, timeout=60):
        return subprocess.Popen(
            [BOOT, "--stock-modules", "--timeout", str(timeout), "uml-kasan", *command],
            env={**os.environ, "TMPDIR": self.directory.name}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def boot_and_wait_until_up(self):
        boot = self.boot(BUSY)
        self.assertEqual(boot.stdout.readline(), "up\n")
        self.assertTrue(self.processes())
        return boot

    def processes(self):
        found = []
        for name in os.listdir("/proc"):
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    if self.directory.name.encode() in file.read():
                        found.append(name)
            except OSError:
                continue
        return found

    def assert_none_left(self):
        deadline = time.monotonic() + 5
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(self.processes(), [])

    def end(self, boot):
        boot.communicate()
        return boot.returncode

    def test_orderly_end(self):
        boot = self.boot(["true"])
        self.assertEqual(self.end(boot), 0)
        self.assertEqual(self.processes(), [])
        self.assertEqual(os.listdir(self.directory.name), [])

    def test_background_processes_at_the_end(self):
        boot = self.boot(["bash", "-c", "setsid sleep 1000 & exit 3"])
        self.assertEqual(self.end(boot), 3)
        self.assertEqual(self.processes(), [])

    def test_time_is_up(self):
        boot = self.boot(BUSY, timeout=8)
        self.assertEqual(self.end(boot), 124)
        self.assertEqual(self.processes(), [])

    def test_terminated(self):
        boot = self.boot_and_wait_until_up()
        boot.terminate()
        self.end(boot)
        self.assertEqual(self.processes(), [])
        self.assertEqual(os.listdir(self.directory.name), [])

    def test_interrupted(self):
        boot = self.boot_and_wait_until_up()
        boot.send_signal(signal.SIGINT)
        self.end(boot)
        self.assertEqual(self.processes(), [])

    def test_killed(self):
        boot = self.boot_and_wait_until_up()
        boot.kill()
        self.end(boot)
        self.assert_none_left()

    def test_runner_killed(self):
        command = [BOOT, "--stock-modules", "uml-kasan", *BUSY]
        runner = subprocess.Popen(
            [sys.executable, "-c", "import subprocess, sys; subprocess.run(sys.argv[1:])", *command],
            env={**os.environ, "TMPDIR": self.directory.name}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.assertEqual(runner.stdout.readline(), "up\n")
        self.assertTrue(self.processes())
        runner.kill()
        runner.wait()       # and no more: the machine has the other end of its output
        self.assert_none_left()
        self.assertEqual(runner.stdout.read(), "")      # the boot has ended
        runner.stdout.close()
        self.assertEqual(os.listdir(self.directory.name), [])


if __name__ == "__main__":
    unittest.main()
