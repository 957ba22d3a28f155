#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""Change a file in ways that fail now and then, and say what must be in it.

usage: faulty_io.py FILE MODEL ROUNDS

The kernel is made to fail allocations: one in each of our system calls, chosen
at random, besides what else is set up.  Every call may fail for that, and is
tried again until it does not.  A write that has succeeded must be seen by all
later reads, and MODEL is what FILE must be in the end.
"""
import errno
import os
import random
import sys

SIZE = 300000

# NFS has some of its own, and one of them gets out: EJUKEBOX, of an open.
NAMES = {**errno.errorcode, 528: "EJUKEBOX"}

failures = {}
fault = os.open("/proc/thread-self/fail-nth", os.O_RDWR)


def arm(nth):
    """Let the nth allocation from now on fail; 0 for none."""
    while True:
        try:
            os.pwrite(fault, str(nth).encode(), 0)
            return
        except OSError:
            pass        # it hit this very write


def persist(call, *args):
    """Do it until it succeeds."""
    for tries in range(1000):
        arm(0 if tries > 50 else random.randrange(1, 60))
        try:
            return call(*args)
        except OSError as error:
            arm(0)
            name = NAMES[error.errno]
            failures[name] = failures.get(name, 0) + 1
        finally:
            arm(0)
    sys.exit(f"{call.__name__} never succeeds: {failures}")


def write(fd, data, at):
    """All of the data."""
    while data:
        done = persist(os.pwrite, fd, data, at)
        data, at = data[done:], at + done


class Writer:
    """A file, open in one way, and what was written to it so far."""

    def __init__(self, path, flags):
        self.fd = persist(os.open, path, os.O_RDWR | os.O_CREAT | flags, 0o600)
        self.model = bytearray(SIZE)
        write(self.fd, self.model, 0)

    def change(self):
        data = random.randbytes(random.choice([1, 500, 4096, 5001, 40000]))
        at = random.randrange(SIZE - len(data))
        write(self.fd, data, at)
        self.model[at:at + len(data)] = data

    def compare(self):
        at = random.randrange(SIZE - 9000)
        data = persist(os.pread, self.fd, 9000, at)
        if data != self.model[at:at + len(data)]:
            sys.exit(f"wrong data at {at}")

    def sync(self):
        """A failure says that anything since the last one may be lost."""
        for _ in range(100):
            try:
                os.fsync(self.fd)
                return
            except OSError as error:
                name = "fsync " + NAMES[error.errno]
                failures[name] = failures.get(name, 0) + 1
                write(self.fd, self.model, 0)
        sys.exit(f"fsync never succeeds: {failures}")


def main():
    path, model, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    random.seed(4)
    files = {"direct": Writer(path + ".direct", os.O_DIRECT),
             "cached": Writer(path + ".cached", 0)}
    for number in range(rounds):
        for file in files.values():
            random.choice([file.change, file.change, file.compare])()
            if number % 20 == 0:
                file.sync()
    for name, file in files.items():
        file.sync()
        os.close(file.fd)
        with open(f"{model}.{name}", "wb") as copy:
            copy.write(file.model)
    print(f"failures: {failures}")


main()
