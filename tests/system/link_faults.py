#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Add an RDMA link while one allocation after the other fails.

usage: link_faults.py NAME TYPE NETDEV

The request goes out as netlink from this process, so that the kernel's fault
injection counts nothing but the work of adding the link.  Whatever is added all
the same is deleted again.
"""
import os
import socket
import struct
import sys

NETLINK_RDMA = 20
NEWLINK, DELLINK = 0x1403, 0x1404       # RDMA_NL_NLDEV << 10 | command
REQUEST_ACK = 5
DEV_INDEX, DEV_NAME, NDEV_NAME, LINK_TYPE = 1, 2, 51, 65


def attribute(kind, data):
    return struct.pack("HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def text(kind, value):
    return attribute(kind, value.encode() + b"\0")


def message(command, *attributes):
    body = b"".join(attributes)
    return struct.pack("IHHII", 16 + len(body), command, REQUEST_ACK, 1, 0) + body


def error_of(reply):
    return -struct.unpack_from("i", reply, 16)[0]


def index_of(name):
    base = "/sys/class/infiniband/" + name
    if not os.path.isdir(base):
        return None
    out = os.popen(f"rdma -j dev show {name}").read()
    return int(out.split('"ifindex":')[1].split(",")[0])


class Injector:
    """Adds the link with the N-th allocation failing, and deletes it again."""

    def __init__(self, name, kind, netdev):
        self.name = name
        self.add = message(NEWLINK, text(DEV_NAME, name), text(LINK_TYPE, kind),
                           text(NDEV_NAME, netdev))
        self.nl = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_RDMA)
        self.fault = os.open("/proc/thread-self/fail-nth", os.O_RDWR)
        self.refused = self.survived = 0

    def disarm(self):
        """True if the fault has come about."""
        try:
            left = os.pread(self.fault, 16, 0).strip(b"\n\0")
        except OSError:
            left = b"1"     # it hit this very read
        while True:
            try:
                os.pwrite(self.fault, b"0", 0)
                return left == b"0"
            except OSError:
                pass

    def delete(self):
        self.nl.send(message(DELLINK, attribute(DEV_INDEX,
                                                struct.pack("I", index_of(self.name)))))
        error = error_of(self.nl.recv(4096))
        if error:
            sys.exit(f"the link cannot be deleted: errno {error}")

    def attempt(self, nth):
        """True if the fault has come about."""
        os.pwrite(self.fault, str(nth).encode(), 0)
        try:
            self.nl.send(self.add)
            sent = True
        except OSError:
            sent = False
        fired = self.disarm()
        try:
            error = error_of(self.nl.recv(4096)) if sent else -1
        except OSError:         # it hit the answer
            error = 0 if index_of(self.name) is not None else -1
        if not error:
            self.survived += fired
            self.delete()
        elif fired or not sent:
            self.refused += 1
        else:
            sys.exit(f"refused with errno {error} although nothing failed")
        return fired


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    injector = Injector(*sys.argv[1:])
    # There are thousands, most of them for the files in sysfs: all of the
    # first, a sample, and all of the last.
    nth = last = 1
    while injector.attempt(nth):
        last = nth
        nth += max(1, nth // 20)
    while nth - last > 1:
        middle = (last + nth) // 2
        if injector.attempt(middle):
            last = middle
        else:
            nth = middle
    for nth in range(max(1, last - 40), last):
        injector.attempt(nth)
    print(f"{last} places: {injector.refused} refusals, {injector.survived} survived")


if __name__ == "__main__":
    main()
