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

# The usual way writes to the overlay, and sees it; the others try to get past
# it, to the host's files themselves.
SCRIPT = r"""
set -u
victim=$1
echo changed > "$victim" && grep -q changed "$victim" || exit 11
rm "$victim" || exit 12
mkdir "$(dirname "$victim")/new" || exit 13

mkdir /tmp/host
mount -t hostfs none /tmp/host || exit 14
grep -q original "/tmp/host$victim" || exit 15
echo changed > "/tmp/host$victim" && exit 16
mount -o remount,rw /tmp/host
rm -f "/tmp/host$victim"
chmod 600 "/tmp/host$victim"
mknod "/tmp/host$victim.node" c 1 3
ln "/tmp/host$victim" "/tmp/host$victim.link"
mv "/tmp/host$victim" "/tmp/host$victim.moved"
grep -q original "/tmp/host$victim" || exit 17
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

    def test_writing(self):
        before = os.stat(self.victim)
        status = subprocess.run(
            [BOOT, "--stock-modules", "--timeout", "60", "uml-kasan",
             "bash", "-c", SCRIPT, "bash", self.victim], stdin=subprocess.DEVNULL).returncode
        self.assertEqual(status, 42)
        after = os.stat(self.victim)
        self.assertEqual(os.listdir(self.directory), ["victim"])
        with open(self.victim) as file:
            self.assertEqual(file.read(), "original\n")
        self.assertEqual((before.st_mode, before.st_mtime_ns, before.st_ctime_ns),
                         (after.st_mode, after.st_mtime_ns, after.st_ctime_ns))


if __name__ == "__main__":
    unittest.main()
