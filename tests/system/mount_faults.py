#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""Mount again and again, each time with another allocation of it failing.

usage: mount_faults.py TYPE SOURCE DIRECTORY OPTIONS

Every failure must be an error of mount(2), or be survived. All of the first
places are tried, later ones in growing steps, until a mount has fewer.
"""
import ctypes
import errno
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)


def mount(kind, source, target, options):
    """Zero or errno."""
    if libc.mount(source.encode(), target.encode(), kind.encode(), 0, options.encode()):
        return ctypes.get_errno()
    return 0


def disarm(fault):
    """True if the fault has come about."""
    try:
        left = os.pread(fault, 16, 0).strip(b"\n\0")
    except OSError:
        left = b"1"     # it hit this very read
    while True:
        try:
            os.pwrite(fault, b"0", 0)
            return left == b"0"
        except OSError:
            pass


def main():
    kind, source, target, options = sys.argv[1:]
    fault = os.open("/proc/thread-self/fail-nth", os.O_RDWR)
    error = mount(kind, source, target, options)
    if error:
        sys.exit(f"does not mount without a fault: {os.strerror(error)}")
    libc.umount2(target.encode(), 0)

    nth, refusals, survived, fired = 1, {}, 0, True
    while fired:
        os.pwrite(fault, str(nth).encode(), 0)
        error = mount(kind, source, target, options)
        fired = disarm(fault)
        if error:
            if not fired:
                sys.exit(f"fails without a fault: {os.strerror(error)}")
            name = errno.errorcode[error]
            refusals[name] = refusals.get(name, 0) + 1
        else:
            survived += fired
            if libc.umount2(target.encode(), 0):
                sys.exit(f"does not unmount: {os.strerror(ctypes.get_errno())}")
        nth += 1 + nth // 50
    print(f"last place {nth}: refusals {refusals}, survived {survived}")


main()
