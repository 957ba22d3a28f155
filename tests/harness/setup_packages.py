#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""What tools/setup installs starts no service on this machine, now or at the next boot.

tools/setup runs here with an apt-get, a dpkg-query, a systemctl and a sudo that only
pretend, and a directory in the place of /usr/sbin.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

SETUP = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
                     "tools", "setup")

# Asks as maintainer scripts do, and enables what Debian's would.
APT_GET = r"""#!/bin/bash
echo "$*" >> "$DIRECTORY/calls"
policy=$DPKG_ROOT/usr/sbin/policy-rc.d
[ ! -x "$policy" ] || { said=$("$policy" rpcbind start); status=$?; }
echo "${status:-none}${said:-}" >> "$DIRECTORY/asked"
[[ $* != *install* ]] ||
	printf '%s\n' rpcbind.socket nfs-server.service ssh.service other.service > "$DIRECTORY/enabled"
[ -z "${SLOW_INSTALL:-}" ] || sleep 2
echo ended >> "$DIRECTORY/asked"
exit "${APT_STATUS:-0}"
"""

DPKG_QUERY = """#!/bin/sh
echo ${INSTALLED:-not-installed}
"""

SYSTEMCTL = r"""#!/bin/bash
case $* in
list-unit-files*)	sed 's/$/ enabled enabled/' "$DIRECTORY/enabled" ;;
*disable*)
	[ -z "${SYSTEMCTL_FAILS:-}" ] || exit 1
	for unit; do sed -i "/^$unit$/d" "$DIRECTORY/enabled"; done ;;
*)			exit 1 ;;
esac
"""

SUDO = """#!/bin/sh
exec "$@"
"""

FORBIDDEN = "101"


class Setup(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="setup-packages.")
        self.addCleanup(shutil.rmtree, self.directory)
        for name, text in (("apt-get", APT_GET), ("dpkg-query", DPKG_QUERY),
                           ("systemctl", SYSTEMCTL), ("sudo", SUDO)):
            self.put(f"bin/{name}", text)
        os.makedirs(os.path.join(self.directory, "usr/sbin"))
        self.put("enabled", "ssh.service\nrpcbind.socket\n")
        self.policy = os.path.join(self.directory, "usr/sbin/policy-rc.d")

    def put(self, path, text):
        path = os.path.join(self.directory, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o755)

    def lines(self, name):
        try:
            with open(os.path.join(self.directory, name)) as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def start(self, **environment):
        return subprocess.Popen(
            [SETUP], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, **environment, "DIRECTORY": self.directory,
                 "DPKG_ROOT": self.directory, "TMPDIR": self.directory,
                 "PATH": os.path.join(self.directory, "bin") + ":" + os.environ["PATH"]})

    def run_setup(self, **environment):
        """Return its exit status and its output."""
        setup = self.start(**environment)
        output = setup.communicate()[0]
        self.assertEqual([name for name in os.listdir(self.directory) if "tmp" in name], [])
        return setup.returncode, output

    def test_installs(self):
        status, output = self.run_setup()
        self.assertEqual(status, 0, output)
        self.assertEqual(self.lines("asked"), [FORBIDDEN, "ended"])
        self.assertIn("nfs-kernel-server", self.lines("calls")[0])
        self.assertFalse(os.path.lexists(self.policy))

    def test_nothing_to_do(self):
        self.assertEqual(self.run_setup(INSTALLED="installed"), (0, ""))
        self.assertEqual(self.lines("calls"), [])

    def test_next_boot(self):
        """What was enabled before stays so, and what is not of these packages."""
        output = self.run_setup()[1]
        self.assertEqual(self.lines("enabled"), ["rpcbind.socket", "ssh.service", "other.service"])
        self.assertRegex(output, "left disabled.*: nfs-server.service\n")

    def test_next_boot_not_prevented(self):
        output = self.run_setup(SYSTEMCTL_FAILS="yes")[1]
        self.assertRegex(output, "from the next boot on: nfs-server.service\n")

    def test_before_is_not_known(self):
        self.put("enabled", "")
        self.run_setup()
        self.assertIn("nfs-server.service", self.lines("enabled"))

    def test_fails(self):
        status, output = self.run_setup(APT_STATUS="100")
        self.assertEqual(status, 1)
        self.assertIn("apt-get failed", output)
        self.assertEqual(set(self.lines("asked")), {FORBIDDEN, "ended"})
        self.assertFalse(os.path.lexists(self.policy))
        self.assertNotIn("nfs-server.service", self.lines("enabled"))

    def test_somebody_elses(self):
        for text in ("#!/bin/sh\nexit 104\n", "#!/bin/sh\nexit 101\n"):
            self.put("usr/sbin/policy-rc.d", text)
            status, output = self.run_setup()
            self.assertEqual(status, 0)
            self.assertIn("policy-rc.d is there already", output)
            with open(self.policy) as file:
                self.assertEqual(file.read(), text)
        self.assertEqual(self.lines("asked"), ["104", "ended", FORBIDDEN, "ended"])

    def test_one_that_was_left_behind(self):
        with open(SETUP) as file:
            mark = next(line for line in file if line.startswith("mark="))
        self.put("usr/sbin/policy-rc.d", mark.split("'")[1] + "\n")
        self.assertEqual(self.run_setup()[0], 0)
        self.assertEqual(self.lines("asked"), [FORBIDDEN, "ended"])
        self.assertFalse(os.path.lexists(self.policy))

    def interrupted(self, number):
        setup = self.start(SLOW_INSTALL="yes")
        deadline = time.monotonic() + 60
        while not self.lines("asked"):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.assertTrue(os.path.exists(self.policy))
        os.killpg(setup.pid, number)
        # Until all that have its output have ended, the part under sudo among them.
        setup.communicate(timeout=60)
        self.assertNotEqual(setup.returncode, 0)
        self.assertFalse(os.path.lexists(self.policy))
        self.assertNotIn("nfs-server.service", self.lines("enabled"))

    def test_interrupted(self):
        self.interrupted(signal.SIGINT)

    def test_terminated(self):
        self.interrupted(signal.SIGTERM)

    def test_two_at_a_time(self):
        """The first one to end does not remove what the second one needs."""
        both = [self.start(SLOW_INSTALL="yes") for _ in range(2)]
        for setup in both:
            setup.communicate()
            self.assertEqual(setup.returncode, 0)
        self.assertEqual(self.lines("asked"), [FORBIDDEN, "ended"] * 2)
        self.assertFalse(os.path.lexists(self.policy))


if __name__ == "__main__":
    unittest.main()
