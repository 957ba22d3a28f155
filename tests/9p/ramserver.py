#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""A 9P2000.L server of one directory of files in memory, with messages up to 1
MiB, which diod does not do.

usage: ramserver.py PORT

It prints the largest request and the largest reply at the end of each
connection.
"""
import errno
import socket
import struct
import sys
import threading

MSIZE = 1 << 20
files = {}
paths = {}


class Refused(Exception):
    pass


def qid(name):
    if name is None:
        return struct.pack("<BIQ", 0x80, 0, 1)
    return struct.pack("<BIQ", 0, 0, paths.setdefault(name, len(paths) + 2))


def string(body, at):
    length = struct.unpack_from("<H", body, at)[0]
    return body[at + 2:at + 2 + length].decode(), at + 2 + length


class Connection:
    def __init__(self, stream):
        self.stream = stream
        self.fids = {}
        self.largest_request = self.largest_reply = 0

    def content(self, fid):
        name = self.fids[fid]
        if name is None:
            raise Refused(errno.EISDIR)
        if name not in files:
            raise Refused(errno.ENOENT)
        return files[name]

    def version(self, body):
        msize = min(struct.unpack_from("<I", body)[0], MSIZE)
        return struct.pack("<IH", msize, 8) + b"9P2000.L"

    def attach(self, body):
        self.fids[struct.unpack_from("<I", body)[0]] = None
        return qid(None)

    def statfs(self, body):
        return struct.pack("<IIQQQQQQI", 0x01021997, 4096, 1 << 20, 1 << 19, 1 << 19, 100, 50,
                           1, 255)

    def lopen(self, body):
        fid, flags = struct.unpack_from("<II", body)
        name = self.fids[fid]
        if name is not None and flags & 0o1000:
            self.content(fid)[:] = b""
        return qid(name) + struct.pack("<I", 0)

    def lcreate(self, body):
        fid = struct.unpack_from("<I", body)[0]
        name = string(body, 4)[0]
        files.setdefault(name, bytearray())
        self.fids[fid] = name
        return qid(name) + struct.pack("<I", 0)

    def getattr(self, body):
        name = self.fids[struct.unpack_from("<I", body)[0]]
        if name is None:
            mode, size = 0o40777, 4096
        else:
            mode, size = 0o100666, len(self.content(struct.unpack_from("<I", body)[0]))
        return (struct.pack("<Q", 0x7ff) + qid(name) + struct.pack("<III", mode, 0, 0) +
                struct.pack("<QQQQQ", 1, 0, size, 4096, (size + 511) // 512) + bytes(80))

    def setattr(self, body):
        fid, valid = struct.unpack_from("<II", body)
        size = struct.unpack_from("<Q", body, 20)[0]
        if valid & 8:
            content = self.content(fid)
            content[size:] = bytes(max(0, size - len(content)))
        return b""

    def xattrwalk(self, body):
        raise Refused(errno.EOPNOTSUPP)

    def readdir(self, body):
        _, offset, count = struct.unpack_from("<IQI", body)
        data = b""
        for number, name in enumerate(sorted(files), 1):
            entry = qid(name) + struct.pack("<QBH", number, 8, len(name)) + name.encode()
            if number > offset and len(data) + len(entry) <= count:
                data += entry
        return struct.pack("<I", len(data)) + data

    def fsync(self, body):
        return b""

    def unlinkat(self, body):
        name = string(body, 4)[0]
        if files.pop(name, None) is None:
            raise Refused(errno.ENOENT)
        return b""

    def walk(self, body):
        fid, new, count = struct.unpack_from("<IIH", body)
        name, at, qids = self.fids[fid], 10, b""
        for _ in range(count):
            name, at = string(body, at)
            if name not in files:
                raise Refused(errno.ENOENT)
            qids += qid(name)
        self.fids[new] = name
        return struct.pack("<H", count) + qids

    def read(self, body):
        fid, offset, count = struct.unpack_from("<IQI", body)
        data = bytes(self.content(fid)[offset:offset + count])
        return struct.pack("<I", len(data)) + data

    def write(self, body):
        fid, offset, count = struct.unpack_from("<IQI", body)
        content = self.content(fid)
        if offset > len(content):
            content.extend(bytes(offset - len(content)))
        content[offset:offset + count] = body[16:16 + count]
        return struct.pack("<I", count)

    def clunk(self, body):
        del self.fids[struct.unpack_from("<I", body)[0]]
        return b""

    def flush(self, body):
        return b""

    operations = {
        8: statfs, 12: lopen, 14: lcreate, 24: getattr, 26: setattr, 30: xattrwalk,
        40: readdir, 50: fsync, 76: unlinkat, 100: version, 104: attach, 108: flush,
        110: walk, 116: read, 118: write, 120: clunk,
    }

    def answer(self, kind, body):
        try:
            if kind not in self.operations:
                raise Refused(errno.EOPNOTSUPP)
            return kind + 1, self.operations[kind](self, body)
        except Refused as refused:
            return 7, struct.pack("<I", refused.args[0])

    def receive(self, length):
        data = bytearray(length)
        view = memoryview(data)
        while view:
            got = self.stream.recv_into(view)
            if not got:
                raise EOFError
            view = view[got:]
        return data

    def serve(self):
        try:
            while True:
                size, kind, tag = struct.unpack("<IBH", self.receive(7))
                body = self.receive(size - 7)
                kind, reply = self.answer(kind, body)
                self.stream.sendall(struct.pack("<IBH", 7 + len(reply), kind, tag) + reply)
                self.largest_request = max(self.largest_request, size)
                self.largest_reply = max(self.largest_reply, 7 + len(reply))
        except (EOFError, ConnectionError):
            print(f"largest request {self.largest_request}, reply {self.largest_reply}",
                  flush=True)


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    print("listening", flush=True)
    while True:
        stream, _ = listener.accept()
        threading.Thread(target=Connection(stream).serve, daemon=True).start()


main()
