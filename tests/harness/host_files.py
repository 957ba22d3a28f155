#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""What runs in a test kernel, as root, changes no file of this machine."""

import os
import shutil
import subprocess
import tempfile
import unittest

SUITE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BOOT = os.path.join(SUITE, "tests", "kernel", "boot")
SANDBOX = os.path.join(SUITE, "tests", "kernel", "sandbox")

# To the usual paths: it works, and the overlay keeps it.
USUAL = r"""
set -u
victim=$1
echo changed > "$victim" && grep -q changed "$victim" || exit 11
rm "$victim" || exit 12
mkdir "$(dirname "$victim")/new" || exit 13
exit 42
"""

# Past the overlay, to the host's files themselves.
DIRECT = r"""
set -u
victim=/tmp/host$1
mkdir /tmp/host
mount -t hostfs none /tmp/host || exit 14
grep -q original "$victim" || exit 15
echo changed > "$victim" && exit 16
mount -o remount,rw /tmp/host
rm -f "$victim"
chmod 600 "$victim"
mknod "$victim.node" c 1 3
ln "$victim" "$victim.link"
mv "$victim" "$victim.moved"
grep -q original "$victim" || exit 17
exit 42
"""


class HostFiles(unittest.TestCase):
    def setUp(self):
        parent = os.path.join(SUITE, "build", "harness")
        os.makedirs(parent, exist_ok=True)
        self.directory = tempfile.mkdtemp(prefix="host-files-", dir=parent)
        self.addCleanup(shutil.rmtree, self.directory)
        self.victim = os.path.join(self.directory, "victim")
        with open(self.victim, "w") as file:
            file.write("original\n")
        os.chmod(self.victim, 0o666)

    def run_in_kernel(self, script):
        before = os.stat(self.victim)
        status = subprocess.run(
            [BOOT, "--stock-modules", "--timeout", "60", "uml-kasan",
             "bash", "-c", script, "bash", self.victim], stdin=subprocess.DEVNULL).returncode
        self.assertEqual(status, 42)
        after = os.stat(self.victim)
        self.assertEqual(os.listdir(self.directory), ["victim"])
        with open(self.victim) as file:
            self.assertEqual(file.read(), "original\n")
        self.assertEqual((before.st_mode, before.st_mtime_ns, before.st_ctime_ns),
                         (after.st_mode, after.st_mtime_ns, after.st_ctime_ns))

    def test_usual_paths(self):
        self.run_in_kernel(USUAL)

    def test_direct(self):
        probe = os.path.join(self.directory, "probe")
        if subprocess.run([SANDBOX, "touch", probe], stderr=subprocess.DEVNULL).returncode == 0:
            os.remove(probe)
            self.skipTest("this machine does not let us make mount name spaces")
        self.run_in_kernel(DIRECT)


if __name__ == "__main__":
    unittest.main()
