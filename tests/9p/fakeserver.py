#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""A 9P server on a stream that answers Tversion in some way of its own.

usage: fakeserver.py tcp PORT WHAT | unix PATH WHAT

  dribble   a correct reply, a byte at a time, and two more for what comes next
  small     a size field below that of a header
  large     a size field above the msize
  twice     two replies to one request
  greedy    an msize larger than was asked for
  tiny      an msize that is too small
  short     Rversion that ends before its msize
  half      half of a reply, and the end of the stream
  eof       the end of the stream at once
  deaf      reads nothing, answers nothing
"""
import os
import socket
import struct
import sys
import threading
import time


def message(kind, body, tag=0xFFFF):
    return struct.pack("<IBH", 7 + len(body), kind, tag) + body


def version(msize):
    return message(101, struct.pack("<IH", msize, 8) + b"9P2000.L")


def answer(what, asked):
    replies = {
        "small": struct.pack("<IBH", 6, 101, 0xFFFF),
        "large": struct.pack("<IBH", 1 << 24, 101, 0xFFFF),
        "twice": version(asked) * 2,
        "greedy": version(asked + 1),
        "tiny": version(1000),
        "short": message(101, b"\0\0"),
        "half": version(asked)[:10],
        "eof": b"",
    }
    return replies[what]


def read_exactly(connection, length):
    data = b""
    while len(data) < length:
        more = connection.recv(length - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def serve(connection, what):
    if what == "deaf":
        time.sleep(3600)
    try:
        request = read_exactly(connection, 21)
        asked = struct.unpack("<I", request[7:11])[0]
        if what == "dribble":
            for byte in version(asked):
                connection.send(bytes([byte]))
                time.sleep(0.01)
            time.sleep(3600)
        connection.sendall(answer(what, asked))
        if what not in ("eof", "half"):
            time.sleep(3600)
    except EOFError:
        pass
    connection.close()


def main():
    family, where, what = sys.argv[1:]
    if family == "tcp":
        listener = socket.create_server(("127.0.0.1", int(where)))
    else:
        listener = socket.socket(socket.AF_UNIX)
        if os.path.exists(where):
            os.unlink(where)
        listener.bind(where)
        listener.listen()
    print("listening", flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, what), daemon=True).start()


main()
