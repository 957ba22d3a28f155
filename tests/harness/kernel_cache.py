#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""A test kernel is what its configuration says, and was built to the end.

tests/kernel/build runs here with a cache of its own, and a `make` and a `tar` that
only pretend, so that what it decides can be seen within a second.
"""

import glob
import os
import shutil
import subprocess
import tempfile
import unittest

KERNEL = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "kernel")

# Fails when $BREAK is in its arguments; leaves a line for each call.
MAKE = r"""#!/bin/bash
echo "$*" >> "$CALLS"
[[ -z ${BREAK:-} || " $* " != *" $BREAK "* ]] || exit 2
"""

# Kconfig without one of the options that were asked for.
FORGETFUL = r"""
[[ " $* " != *" olddefconfig "* ]] || sed -i /CONFIG_KASAN=y/d "${3#O=}/.config"
"""

# The source: a script that does what the kernel's does, without Kconfig, and a file
# to patch.
TAR = r"""#!/bin/bash
while [ "$1" != -C ]; do shift; done
mkdir -p "$2/scripts/kconfig"
cat > "$2/scripts/kconfig/merge_config.sh" <<'END'
#!/bin/bash
while [ "$1" != -O ]; do shift; done
cp "$4" "$3"
END
chmod +x "$2/scripts/kconfig/merge_config.sh"
echo old > "$2/patched"
"""

PATCH = """--- a/patched
+++ b/patched
@@ -1 +1 @@
-old
+new
"""


class Cache(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="kernel-cache.")
        self.addCleanup(shutil.rmtree, self.directory)
        self.program = os.path.join(self.directory, "kernel", "build")
        self.calls = os.path.join(self.directory, "calls")
        os.mkdir(os.path.dirname(self.program))
        for name in ("build", "stacktrace.c", "uml.config", "debug.config", "uml-kasan.config"):
            shutil.copy(os.path.join(KERNEL, name), os.path.dirname(self.program))
        self.put("bin/make", MAKE)
        self.put("bin/tar", TAR)
        self.put("kernel/linux-6.1.patch", PATCH)

    def put(self, path, text):
        path = os.path.join(self.directory, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o755)

    def build(self, *options, **environment):
        """Return what it prints, or None if it fails, and how often make was called."""
        with open(self.calls, "w"):
            pass
        done = subprocess.run(
            [self.program, *options, "uml-kasan"], text=True, capture_output=True,
            env={**os.environ, **environment, "CALLS": self.calls,
                 "XDG_CACHE_HOME": os.path.join(self.directory, "cache"),
                 "PATH": os.path.join(self.directory, "bin") + ":" + os.environ["PATH"]})
        with open(self.calls) as file:
            calls = len(file.readlines())
        return done.stdout.strip() if done.returncode == 0 else None, calls

    def test_built_once(self):
        path, calls = self.build()
        self.assertTrue(os.path.isdir(path))
        self.assertGreater(calls, 0)
        self.assertEqual(self.build(), (path, 0))
        self.assertEqual(self.build("--path"), (path, 0))

    def test_interrupted(self):
        self.assertEqual(self.build("--path")[0], None)
        for step in ("allnoconfig", "olddefconfig", "modules", "modules_install"):
            self.assertEqual(self.build(BREAK=step)[0], None, step)
            self.assertEqual(self.build("--path")[0], None, step)
        path, calls = self.build()
        self.assertTrue(os.path.isdir(path))
        self.assertGreater(calls, 0)
        self.assertEqual(self.build("--path"), (path, 0))

    def test_patched(self):
        self.build()
        sources = glob.glob(os.path.join(self.directory, "cache/rdma-anywhere/linux-*/patched"))
        self.assertEqual(len(sources), 1)
        with open(sources[0]) as file:
            self.assertEqual(file.read(), "new\n")

    def test_patch_does_not_fit(self):
        self.put("kernel/linux-6.1.patch", PATCH.replace("-old", "-other"))
        for _ in range(2):
            self.assertEqual(self.build(), (None, 0))

    def test_other_input(self):
        paths = {self.build()[0]}
        for name, line in (("debug.config", "CONFIG_DEBUG_LOCKING_API_SELFTESTS=y\n"),
                           ("stacktrace.c", "/* another */\n"),
                           ("linux-6.1.patch", "\n")):
            with open(os.path.join(os.path.dirname(self.program), name), "a") as file:
                file.write(line)
            self.assertEqual(self.build("--path")[0], None, name)
            path, calls = self.build()
            self.assertNotIn(path, paths, name)
            self.assertGreater(calls, 0, name)
            paths.add(path)

    def test_dropped_option(self):
        self.put("bin/make", MAKE + FORGETFUL)
        self.assertEqual(self.build()[0], None)
        self.assertEqual(self.build("--path")[0], None)


if __name__ == "__main__":
    unittest.main()
