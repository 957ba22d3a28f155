#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Look at the IP and UDP headers of all RoCEv2 packets on an interface.

usage: watch_roce.py DEV TCLASS HOPS FLOW

Watches until it gets SIGTERM, then says what it saw, a line for each transport.
Fails unless all packets of RC, UC and UD have that traffic class (in IPv4: TOS),
hop limit and flow label, and the UDP source port that the InfiniBand
specification, annex A17, makes of the flow label, or without one of the numbers
of both queue pairs.
"""
import collections
import signal
import socket
import struct
import sys

PORT = 4791
ETH_P_ALL = 3
SO_RCVBUFFORCE = 33
TRANSPORTS = {0: "RC", 1: "UC", 3: "UD"}


def port_of_label(label):
    return 0xc000 | (label & 0x3fff) ^ (label >> 14)


def port_of_numbers(one, other):
    mixed = one * other
    mixed ^= mixed >> 20
    mixed ^= mixed >> 40
    return port_of_label(mixed & 0xfffff)


Packet = collections.namedtuple("Packet", "src tclass hops flow port transport to sender")


def parse(frame):
    """A RoCEv2 packet, or None."""
    kind, ip = frame[12:14], frame[14:]
    if kind == b"\x08\x00" and ip[0] == 0x45 and ip[9] == 17:
        src, tclass, hops, flow, udp = ip[12:16], ip[1], ip[8], None, ip[20:]
    elif kind == b"\x86\xdd" and ip[6] == 17:
        word = int.from_bytes(ip[:4], "big")
        src, tclass, hops, flow, udp = ip[8:24], word >> 20 & 0xff, ip[7], word & 0xfffff, ip[40:]
    else:
        return None
    port, to_port = struct.unpack(">HH", udp[:4])
    bth = udp[8:]
    transport = TRANSPORTS.get(bth[0] >> 5)
    if to_port != PORT or not transport:
        return None
    sender = int.from_bytes(bth[17:20], "big") if transport == "UD" else None
    return Packet(src, tclass, hops, flow, port, transport, int.from_bytes(bth[5:8], "big"), sender)


class Watch:
    def __init__(self, tclass, hops, flow):
        self.tclass, self.hops, self.flow = tclass, hops, flow
        self.count = collections.Counter()
        self.ports = collections.defaultdict(set)
        # by source port, the queue pairs of each host
        self.pairs = collections.defaultdict(lambda: collections.defaultdict(set))
        self.wrong = []

    def see(self, packet):
        self.count[packet.transport] += 1
        self.ports[packet.transport].add(packet.port)
        if (packet.tclass, packet.hops) != (self.tclass, self.hops) or \
                packet.flow not in (None, self.flow):
            self.wrong.append(packet)
        elif self.flow:
            if packet.port != port_of_label(self.flow):
                self.wrong.append(packet)
        elif packet.transport == "UD":
            if packet.port != port_of_numbers(packet.sender, packet.to):
                self.wrong.append(packet)
        elif packet.transport == "RC":
            self.pairs[packet.port][packet.src].add(packet.to)

    def end(self):
        for transport, count in self.count.items():
            print(f"{transport}: {count} packets from {len(self.ports[transport])} ports")
        for port, hosts in self.pairs.items():
            ends = list(hosts.values())
            if len(ends) != 2 or not any(port_of_numbers(one, other) == port
                                         for one in ends[0] for other in ends[1]):
                sys.exit(f"port {port} is not that of any connection: {dict(hosts)}")
        if self.wrong:
            sys.exit(f"{len(self.wrong)} packets are wrong; the first: {self.wrong[0]}")
        if set(self.count) != set(TRANSPORTS.values()):
            sys.exit("not all transports were seen")
        sys.exit(0)


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    watch = Watch(*(int(arg, 0) for arg in sys.argv[2:]))
    asked = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        sock.bind((sys.argv[1], 0))
        sock.settimeout(0.5)
        print("watching", flush=True)
        while True:
            try:
                packet = parse(sock.recv(128))
            except TimeoutError:
                if asked:
                    watch.end()
                continue
            if packet:
                watch.see(packet)


if __name__ == "__main__":
    main()
