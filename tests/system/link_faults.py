#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Add an RDMA link while one allocation after the other fails.

usage: link_faults.py NAME TYPE NETDEV

The request goes out as netlink from this process, so that the kernel's fault
injection counts nothing but the work of adding the link.  Ends when the link
has been added without a fault; anything else that is added on the way is
deleted again.
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


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    name, kind, netdev = sys.argv[1:]
    add = message(NEWLINK, text(DEV_NAME, name), text(LINK_TYPE, kind), text(NDEV_NAME, netdev))
    nl = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_RDMA)
    fault = os.open("/proc/thread-self/fail-nth", os.O_RDWR)
    refused = survived = 0
    for nth in range(1, 5000):
        number = str(nth).encode()
        os.pwrite(fault, number, 0)
        try:
            nl.send(add)
            sent = True
        except OSError:
            sent = False
        try:
            left = os.pread(fault, 16, 0).strip(b"\n\0")
        except OSError:
            left = b"1"     # the fault hit this very read
        while True:
            try:
                os.pwrite(fault, b"0", 0)
                break
            except OSError:
                pass
        error = error_of(nl.recv(4096)) if sent else -1
        if error == 0:
            survived += 1
            if left != b"0":
                print(f"added after {refused} refusals and {survived - 1} survived faults")
                return 0
            nl.send(message(DELLINK, attribute(DEV_INDEX, struct.pack("I", index_of(name)))))
            assert error_of(nl.recv(4096)) == 0, "the link cannot be deleted"
        else:
            refused += 1
            if left != b"0" and sent:
                print(f"refused with errno {error} although nothing failed")
                return 1
    print("never got through")
    return 1


if __name__ == "__main__":
    sys.exit(main())
