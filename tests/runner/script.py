# SPDX-License-Identifier: GPL-2.0
"""A test that is a script, and what its header says about it."""

import os
import re

SUITE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

KERNELS = ("uml", "uml-kasan", "uml-leak", "stock")
FIELDS = ("what", "kernels", "timeout", "mtu", "expect-log", "must-fail", "ours", "append",
          "expect-leak")          # read by guest-check


class HeaderError(Exception):
    """A header that cannot be meant."""


class Script:
    """tests/KIND/NAME.sh; `# field: value` lines up to the first other line."""

    def __init__(self, path):
        self.path = os.path.abspath(path)
        kind = os.path.basename(os.path.dirname(self.path))
        self.name = f"{kind}/{os.path.basename(path).removesuffix('.sh')}"
        self.fields = self.read_header()
        self.kernels = self.one("kernels", "uml-kasan").split()
        self.timeout = float(self.one("timeout", "120"))
        self.mtus = [int(mtu) for mtu in self.one("mtu", "1500").split()]
        self.expected = self.fields["expect-log"]
        self.must_fail = self.fields["must-fail"]
        self.ours = self.one("ours", "")
        self.append = self.one("append", "").split()
        self.check()

    def read_header(self):
        fields = {name: [] for name in FIELDS}
        with open(self.path) as file:
            for line in file:
                if not line.startswith("#"):
                    break
                found = re.match(r"# ([a-z-]+): *(.*?)\s*$", line)
                if found and found.group(1) in fields:
                    fields[found.group(1)].append(found.group(2))
        return fields

    def one(self, field, default):
        return " ".join(self.fields[field]) or default

    def check(self):
        def require(condition, complaint):
            if not condition:
                raise HeaderError(f"{os.path.relpath(self.path)}: {complaint}")

        require(os.access(self.path, os.X_OK), "not executable")
        require(self.fields["what"], "the header has no `# what:` line")
        for kernel in self.kernels:
            require(kernel in KERNELS, f"no such kernel: {kernel}")
        require(not self.append or "stock" not in self.kernels,
                "`# append:` is for UML kernels only")
        for pattern in self.expected:
            re.compile(pattern)


def find(kind):
    """The scripts in tests/KIND, in order; what they share is in lib*.sh."""
    directory = os.path.join(SUITE, "tests", kind)
    names = sorted(os.listdir(directory)) if os.path.isdir(directory) else []
    return [Script(os.path.join(directory, name)) for name in names
            if name.endswith(".sh") and not name.startswith("lib")]
