#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Carry lines between the scripts of the two sides of an interop test.

usage: meeting.py ROLE MY-ADDRESS PEER-ADDRESS PORT SAY HEAR

What this side's script writes to the FIFO SAY comes out of the other side's
FIFO HEAR, a line at a time.  The end of one side is the end of file for the
other: a script that waits for a partner which has failed does not wait long.
"""

import socket
import sys
import threading
import time

# The other side may have to boot, on a machine that does much else.
PATIENCE_SECONDS = 180


def connect(role, me, peer, port):
    """`ours` listens, the other side calls until it gets through."""
    if role == "ours":
        with socket.create_server((me, port)) as listener:
            listener.settimeout(PATIENCE_SECONDS)
            return listener.accept()[0]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return socket.create_connection((peer, port), timeout=1)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def hear(connection, path):
    with open(path, "wb", buffering=0) as fifo, connection.makefile("rb") as lines:
        for line in lines:
            fifo.write(line)


def main():
    role, me, peer, port, say_path, hear_path = sys.argv[1:]
    connection = connect(role, me, peer, int(port))
    connection.settimeout(None)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=hear, args=(connection, hear_path)).start()
    with open(say_path, "rb", buffering=0) as fifo:
        for line in fifo:
            connection.sendall(line)
    connection.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    main()
