# SPDX-License-Identifier: GPL-2.0
"""What is measured: one entry for each case.

A case has sides, measured one after the other, over and over (A B A B).  The
first is this suite; the others are what it is compared with.  A side is a label
and the command that measures it once, in a test kernel: a script of
tests/bench/, which says in its head what its words mean.

To add a case, add an entry, and a script if none fits.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Goal:
    """`metric` of the first side, compared with that of `rival`; or, without a
    rival, by itself."""
    rival: str
    relation: str                       # ">=" or "<="
    value: float
    metric: str = ""                    # of the case, if it is not said


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    what: str
    metric: str                         # key in rbench's JSON
    sides: dict                         # label: command
    goals: tuple = ()
    two_kernels: bool = False           # tests/bench/wire.sh on both ends
    timeout: int = 60                   # seconds, one measurement


OURS, RXE = "rvt", "rxe"
BYTES, MESSAGES, MEDIAN = "bytes_per_second", "messages_per_second", "median_us"


def verbs(name, what, how, options, metric, relation, value, extra=(), **more):
    """rbench with these options on both providers."""
    return Case(name, what, metric,
                {side: f"tests/bench/verbs.sh {side} {how} {options}" for side in (OURS, RXE)},
                (Goal(RXE, relation, value), *extra), **more)


def modes(name, what, how, options, *rest, **more):
    """The same case with sleeping processes, and with one thread that polls."""
    return [verbs(f"{name}-{mode}", f"{what}, {words}", how, f"{options} -m {mode}", *rest, **more)
            for mode, words in (("event", "events"), ("poll", "polling"))]


def same_host():
    for op in ("write", "read", "send"):
        yield from modes(f"{op}-64k", f"RC {op} 64 KiB, same host", "one",
                         f"{op} -s 64k -q 32", BYTES, ">=", 10)
        yield from modes(f"{op}-1m", f"RC {op} 1 MiB, same host", "one", f"{op} -s 1m -q 8",
                         BYTES, ">=", 10, (Goal("", ">=", 0.5, "part_of_memcpy"),))
    yield from modes("rate-64", "RC send 64 B, rate", "one", "send -s 64 -q 64", MESSAGES, ">=", 5)
    for op, words in (("ping", "send"), ("write-rtt", "write"), ("read-rtt", "read")):
        yield from modes(f"{op}-64", f"RC {words} 64 B, round trip", "one", f"{op} -s 64",
                         MEDIAN, "<=", 0.4)
    yield verbs("ud-1k", "UD send 1 KiB, same host", "one", "ud -s 1k -q 64 -m poll", MESSAGES,
                ">=", 4)


def in_kernel(name, what, how, op, size, *rest):
    """rdma_bench on both providers: the same without the system calls."""
    return Case(f"{name}-kernel", f"{what}, in the kernel", rest[0],
                {side: f"tests/bench/kernel.sh {side} {how} {op} {size}" for side in (OURS, RXE)},
                (Goal(RXE, *rest[1:]),))


def kernel():
    yield in_kernel("send-64k", "RC send 64 KiB, same host", "one", "send", 65536, BYTES, ">=", 10)
    for op in ("write", "read"):
        yield in_kernel(f"{op}-64k", f"RC {op} 64 KiB, one at a time, same host", "one",
                        f"{op}-rtt", 65536, BYTES, ">=", 10)
    yield in_kernel("rate-64", "RC send 64 B, rate", "one", "send", 64, MESSAGES, ">=", 5)
    for op, words in (("ping", "send"), ("write-rtt", "write"), ("read-rtt", "read")):
        yield in_kernel(f"{op}-64", f"RC {words} 64 B, round trip", "one", op, 64, MEDIAN, "<=", 0.4)
    yield in_kernel("ud-1k", "UD send 1 KiB, same host", "one", "ud", 1024, MESSAGES, ">=", 4)
    yield in_kernel("packets-ping-64", "RC send 64 B, round trip, packets, one device", "packets",
                    "ping", 64, MEDIAN, "<=", 0.7)
    yield in_kernel("packets-send-64k", "RC send 64 KiB, packets, one device", "packets", "send",
                    65536, BYTES, ">=", 3)
    yield in_kernel("cable-send-64k", "RC send 64 KiB, packets, two devices, MTU 4096",
                    "pair:9000", "send", 65536, BYTES, ">=", 3)
    yield in_kernel("cable-ping-64", "RC send 64 B, round trip, packets, two devices", "pair:9000",
                    "ping", 64, MEDIAN, "<=", 0.7)


def packets():
    """Between two devices on a cable; and, as the first of them, on one device with
    the short cut switched off, which goes through the loopback interface, while
    rdma_rxe hands packets to itself without any interface."""
    for mtu in (4096, 1024):
        options = f"write -s 64k -q 16 -M {mtu}"
        yield from modes(f"packets-write-64k-{mtu}", f"RC write 64 KiB, packets, one device, MTU {mtu}",
                         "packets", options, BYTES, ">=", 3)
        yield from modes(f"cable-write-64k-{mtu}", f"RC write 64 KiB, packets, two devices, MTU {mtu}",
                         f"pair:{9000 if mtu == 4096 else 1500}", options, BYTES, ">=", 3)
    yield from modes("packets-ping-64", "RC send 64 B, round trip, packets, one device", "packets",
                     "ping -s 64", MEDIAN, "<=", 0.7)
    yield from modes("cable-ping-64", "RC send 64 B, round trip, packets, two devices", "pair:9000",
                     "ping -s 64", MEDIAN, "<=", 0.7)
    for loss in ("0.1%", "1%"):
        yield verbs(f"loss-{loss[:-1]}", f"RC write 1 MiB, two devices, {loss} loss each way",
                    f"pair:9000:{loss}", "write -s 1m -q 8 -t 2 -m event", BYTES, ">=", 3)


def queue_pairs():
    """Its rival is itself with one queue pair, which gets each request by itself, too."""
    command = "tests/bench/verbs.sh rvt one write -s 4k -q 64 -m event -n"
    for qps in (16, 128, 1024):
        yield Case(f"qps-{qps}", f"RC write 4 KiB over {qps} queue pairs", BYTES,
                   {f"rvt-{qps}": f"{command} {qps}", "rvt-1": f"{command} 1 -l 1"},
                   (Goal("rvt-1", ">=", 0.8),))


def wire():
    for size in ("64k",):
        yield Case(f"wire-write-{size}", "RC write 64 KiB, two kernels on one Ethernet", BYTES,
                   {side: f"tests/bench/wire.sh {side} write -s {size} -q 16 -t 2"
                    for side in (OURS, RXE)}, (Goal(RXE, ">=", 1.5),), two_kernels=True)


def nine_p():
    for op in ("read", "write"):
        for size, words, options in (("1m", "1 MiB", ""), ("4k", "4 KiB random", " -r")):
            yield Case(f"9p-{op}-{size}", f"9P {op}, {words}", BYTES,
                       {side: f"tests/bench/9p.sh {side} {op} -c -s {size} -f 16m{options}"
                        for side in (OURS, RXE, "tcp")},
                       (Goal(RXE, ">=", 3), Goal("tcp", ">=", 0.8)))


def nfs():
    for op in ("read", "write"):
        for name, words, options in (("direct", "O_DIRECT", "-d"), ("buffered", "buffered", "")):
            yield Case(f"nfs-{op}-{name}", f"NFS {op}, 1 MiB, {words}", BYTES,
                       {side: f"tests/bench/nfs.sh {side} {op} -s 1m -f 64m {options}"
                        for side in (OURS, RXE, "tcp")},
                       (Goal(RXE, ">=", 4), Goal("tcp", ">=", 1.2)))


def srp():
    for op in ("read", "write"):
        for size, words, options in (("1m", "1 MiB", ""), ("4k", "4 KiB random", " -r -a 32")):
            yield Case(f"srp-{op}-{size}", f"SRP {op}, {words}", BYTES,
                       {side: f"tests/bench/srp.sh {side} {op} -d -s {size} -f 16m{options}"
                        for side in (OURS, RXE)}, (Goal(RXE, ">=", 3),))


def rds():
    for size, words in ((1024, "1 KiB"), (1048576, "1 MiB")):
        yield Case(f"rds-send-{size}", f"RDS send {words}", MESSAGES,
                   {side: f"tests/bench/rds.sh {side} -q {size} -d 4"
                    for side in (OURS, RXE, "tcp")}, (Goal(RXE, ">=", 4), Goal("tcp", ">=", 1.2)))
        yield Case(f"rds-rdma-{size}", f"RDS RDMA {words}", MESSAGES,
                   {side: f"tests/bench/rds.sh {side} -q 64 -D {size} -d 4"
                    for side in (OURS, RXE)}, (Goal(RXE, ">=", 4),))


CASES = [
    *same_host(), *kernel(), *packets(), *queue_pairs(),
    verbs("cm", "RDMA CM connect and disconnect", "one", "cm", MESSAGES, ">=", 2),
    *wire(), *nine_p(), *nfs(), *srp(), *rds(),
]
