#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Send RoCEv2 packets that no honest peer would send.

usage: raw_roce.py SRC DST one KIND COUNT [NAME=VALUE...]
       raw_roce.py SRC DST sweep QPN... [longest=BYTES]
       raw_roce.py SRC DST fields [NAME=VALUE...]
       raw_roce.py SRC DST random COUNT [NAME=VALUE...]

All packets have a correct ICRC unless their kind says otherwise.  Names: rc, uc,
ud (QPNs of a `vt target`), psn, rkey, va, qkey, seed.

  one     COUNT packets that are wrong in one way: icrc, tver, qpn0, truncated,
          opcode, no_qp, qp_type, pkey, qkey, ip_options; uc_middle, rc_middle:
          the middle of no message; plain: not wrong at all
  sweep   every opcode with every length of UDP payload from 0 to 200
  fields  every header field of every opcode at its extremes
  random  valid packets with some bytes changed
"""
import ipaddress
import itertools
import random
import socket
import struct
import sys
import zlib

PORT = 4791
# Bytes of extension headers, by opcode.
CONNECTED = {0: 0, 1: 0, 2: 0, 3: 4, 4: 0, 5: 4, 6: 16, 7: 0, 8: 0, 9: 4, 10: 16, 11: 20}
EXTENSIONS = {**CONNECTED, 0x0c: 16, 0x0d: 4, 0x0e: 0, 0x0f: 4, 0x10: 4, 0x11: 4, 0x12: 12,
              0x13: 28, 0x14: 28, 0x16: 4, 0x17: 4,
              **{0x20 + op: length for op, length in CONNECTED.items()},
              0x64: 8, 0x65: 12, 0x81: 0}
WITH_RETH = {op for op, length in EXTENSIONS.items() if length in (16, 20)}
ATOMIC = {0x13, 0x14}
WITH_AETH = {0x0d, 0x0f, 0x10, 0x11, 0x12}
NO_PAYLOAD = {0x0c, 0x11, 0x12, 0x13, 0x14}


def bth(opcode, qpn, psn, flags=0x40, pkey=0xffff, byte4=0, ackreq=0x80):
    return struct.pack(">BBHII", opcode, flags, pkey, byte4 << 24 | qpn & 0xffffff,
                       ackreq << 24 | psn & 0xffffff)


class Wire:
    """A raw socket: the IP header is ours too, for the ICRC covers it."""

    def __init__(self, src, dst):
        self.src = ipaddress.ip_address(src)
        self.dst = ipaddress.ip_address(dst)
        family = socket.AF_INET if self.src.version == 4 else socket.AF_INET6
        self.socket = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        self.sent = 0
        self.tclass = 0
        self.hops = 64

    def ip_header(self, length, options=b""):
        if self.src.version == 4:
            self.sent += 1
            return struct.pack(">BBHHHBBH4s4s", 0x45 + len(options) // 4, self.tclass,
                               20 + len(options) + length, self.sent % 0xffff + 1, 0x4000,
                               self.hops, 17, 0, self.src.packed, self.dst.packed) + options
        return struct.pack(">IHBB16s16s", 6 << 28 | self.tclass << 20, length, 17, self.hops,
                           self.src.packed, self.dst.packed)

    def icrc(self, ip, udp, body):
        masked = bytearray(ip + udp + body)
        if self.src.version == 4:
            masked[1] = masked[8] = masked[10] = masked[11] = 0xff
        else:
            masked[0] |= 0x0f
            masked[1:4] = b"\xff\xff\xff"
            masked[7] = 0xff
        at = len(ip)
        masked[at + 6] = masked[at + 7] = 0xff
        if len(body) > 4:
            masked[at + 8 + 4] = 0xff
        return zlib.crc32(b"\xff" * 8 + bytes(masked)).to_bytes(4, "little")

    def send(self, body, damage=0, cut=None, options=b""):
        """body: BTH to pad; cut: bytes of UDP payload, ICRC included, that survive."""
        length = 8 + (len(body) + 4 if cut is None else cut)
        ip = self.ip_header(length, options)
        udp = struct.pack(">HHHH", 0xc123, PORT, length, 0)
        if self.src.version == 6:
            udp = udp[:6] + self.udp6_checksum_placeholder()
        seal = self.icrc(ip, udp, body)
        payload = body + bytes([seal[0] ^ damage]) + seal[1:]
        if cut is not None:
            payload = payload[:cut]
        self.socket.sendto(ip + udp + payload, (str(self.dst), 0))

    @staticmethod
    def udp6_checksum_placeholder():
        return b"\0\0"      # zero: RoCE peers send none


class Target:
    def __init__(self, names):
        values = {"rc": 2, "uc": 3, "ud": 4, "psn": 0, "rkey": 0x100, "va": 0, "qkey": 0, "seed": 1}
        values.update((key, int(value, 0)) for key, value in names.items())
        self.__dict__.update(values)

    def qpn(self, opcode):
        if opcode >> 5 == 1:
            return self.uc
        if opcode >> 5 == 3:
            return self.ud
        return self.rc

    def extension(self, opcode, va=None, rkey=None, length=64, aeth=0x1f000000, qkey=None):
        va = self.va if va is None else va
        rkey = self.rkey if rkey is None else rkey
        out = b""
        if opcode in WITH_RETH:
            out += struct.pack(">QII", va & 2 ** 64 - 1, rkey, length & 0xffffffff)
        if opcode in ATOMIC:
            out += struct.pack(">QIQQ", va & 2 ** 64 - 1, rkey, 1, 2)
        if opcode in WITH_AETH:
            out += struct.pack(">I", aeth)
        if opcode >> 5 == 3:
            out += struct.pack(">II", self.qkey if qkey is None else qkey, 0x1234)
        return out.ljust(EXTENSIONS[opcode], b"\x11")

    def packet(self, opcode, payload=64, psn=None, flags=0x40, **more):
        header = {k: more.pop(k) for k in ("pkey", "byte4", "ackreq") if k in more}
        qpn = more.pop("qpn", self.qpn(opcode))
        extension = self.extension(opcode, **more)
        if opcode in NO_PAYLOAD:
            payload = 0
        pad = -payload % 4
        return bth(opcode, qpn, self.psn if psn is None else psn, flags | pad << 4, **header) + \
            extension + b"\xa5" * payload + bytes(pad)


def send_one(wire, target, kind, count):
    good = target.packet(0x04)
    datagram = target.packet(0x64)
    packets = {
        "icrc": lambda: wire.send(good, damage=1),
        "tver": lambda: wire.send(target.packet(0x04, flags=0x41)),
        "qpn0": lambda: wire.send(target.packet(0x04, qpn=0)),
        "truncated": lambda: wire.send(good, cut=15),
        "opcode": lambda: wire.send(bth(0x1f, target.rc, 0)),
        "no_qp": lambda: wire.send(target.packet(0x04, qpn=0x7ffff1)),
        "qp_type": lambda: wire.send(target.packet(0x24, qpn=target.rc)),
        "pkey": lambda: wire.send(target.packet(0x64, pkey=0x1234)),
        "qkey": lambda: wire.send(target.packet(0x64, qkey=target.qkey ^ 1)),
        "plain": lambda: wire.send(good),
        "rc_middle": lambda: wire.send(target.packet(0x01)),
        "uc_middle": lambda: wire.send(target.packet(0x21)),
        "ip_options": lambda: wire.send(datagram, options=b"\x01" * 8),
    }
    for _ in range(count):
        packets[kind]()


def sweep(wire, qpns, longest):
    for qpn, opcode, length in itertools.product(qpns, range(256), range(longest + 1)):
        header = bth(opcode, qpn, length)
        body = (header + b"\x5a" * longest)[:max(length - 4, 0)]
        wire.send(body, cut=length)


def fields(wire, target):
    psns = [target.psn + d for d in (0, 1, -1, 100, -100, 1 << 23, (1 << 23) - 1)] + [0, 0xffffff]
    addresses = [target.va, target.va - 1, target.va + 65536, 0, 2 ** 64 - 1, 2 ** 64 - 64, 1 << 63]
    keys = [target.rkey, 0, target.rkey ^ 1, target.rkey ^ 0x100, 0xffffffff]
    lengths = [0, 1, 64, 1023, 1024, 1025, 65536, 65537, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 1]
    payloads = [0, 1, 3, 64, 255, 256, 257, 1023, 1024, 1025, 1400]
    for opcode in EXTENSIONS:
        for flags in range(256):
            wire.send(target.packet(opcode, flags=flags & 0xcf))
            wire.send(bth(opcode, target.qpn(opcode), target.psn, flags) + b"\x5a" * 64)
        for wire.tclass, wire.hops in itertools.product((0, 1, 2, 3, 0xc2, 0xff), (1, 255)):
            wire.send(target.packet(opcode, payload=256))
        wire.tclass = 0
        for pkey in (0, 1, 0x7fff, 0x8000, 0x8001, 0xfffe, 0xffff):
            wire.send(target.packet(opcode, pkey=pkey))
        for byte4, ackreq in itertools.product((0, 0x80, 0x40, 0xc0, 0xff), (0, 0x80, 0xff)):
            wire.send(target.packet(opcode, byte4=byte4, ackreq=ackreq))
        for psn, payload in itertools.product(psns, payloads):
            wire.send(target.packet(opcode, psn=psn, payload=payload))
        if opcode in WITH_RETH or opcode in ATOMIC:
            for va, rkey, length in itertools.product(addresses, keys, lengths):
                wire.send(target.packet(opcode, va=va, rkey=rkey, length=length))
        if opcode in WITH_AETH:
            for syndrome, msn in itertools.product(range(256), (0, 1, 0x7fffff, 0xffffff)):
                wire.send(target.packet(opcode, aeth=syndrome << 24 | msn))
        for qkey in (0, target.qkey, 0x80010000, 0xffffffff):
            if opcode >> 5 == 3:
                wire.send(target.packet(opcode, qkey=qkey))
                wire.send(target.packet(opcode, qkey=qkey, qpn=1, payload=256))
                wire.send(target.packet(opcode, qkey=qkey, qpn=0xffffff))


def scramble(wire, target, count):
    rng = random.Random(target.seed)
    opcodes = list(EXTENSIONS)
    psn = target.psn
    for _ in range(count):
        opcode = rng.choice(opcodes)
        body = bytearray(target.packet(opcode, payload=rng.choice((0, 8, 256, 1024)),
                                       psn=psn + rng.choice((0, 0, 0, 1, -1, 2, -5))))
        for _ in range(rng.choice((0, 0, 1, 1, 2, 5))):
            body[rng.randrange(len(body))] = rng.randrange(256)
        if rng.random() < 0.3:
            psn += 1
        wire.tclass = rng.choice((0, 2, 3))     # 3: congestion experienced
        wire.send(bytes(body))


def main():
    args = [arg for arg in sys.argv[1:] if "=" not in arg]
    names = dict(arg.split("=", 1) for arg in sys.argv[1:] if "=" in arg)
    if len(args) < 3:
        sys.exit(__doc__)
    wire = Wire(args[0], args[1])
    longest = int(names.pop("longest", 200))
    target = Target(names)
    mode = args[2]
    if mode == "one":
        send_one(wire, target, args[3], int(args[4]))
    elif mode == "sweep":
        sweep(wire, [int(qpn, 0) for qpn in args[3:]], longest)
    elif mode == "fields":
        fields(wire, target)
    elif mode == "random":
        scramble(wire, target, int(args[3]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
