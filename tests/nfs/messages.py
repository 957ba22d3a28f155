# SPDX-License-Identifier: GPL-2.0
"""Messages for badclientnfs: everything that a header must not be.

usage: messages.py
"""

import random
import struct

CALL = [7, 0, 2, 100003, 3, 0, 0, 0, 0, 0]      # NFS version 3, NULL
RKEY = 0x11223344                               # nobody has that
LIMIT = 257                                     # pages of the largest Call


def words(*numbers):
    return b"".join(struct.pack(">I", n & 0xffffffff) for n in numbers)


def segment(length, offset=0, rkey=RKEY):
    return [rkey, length, offset >> 32, offset & 0xffffffff]


def message(*body, xid=7, vers=1, credit=1, proc=0, rpc=CALL):
    return words(xid, vers, credit, proc, *body, *rpc)


def read(position, *args):
    return [1, position, *segment(*args)]


def say(name, expected, data):
    print(name.replace(" ", "-"), expected, data.hex())


FORMS = {
    "inline": message(0, 0, 0, rpc=[]),
    "reads": message(*read(8, 16), *read(8, 16), 0, 0, 0, rpc=[]),
    "writes": message(0, 1, 2, *segment(8), *segment(8), 1, 1, *segment(8), 0, 0, rpc=[]),
    "reply": message(0, 0, 1, 2, *segment(8), *segment(8), rpc=[]),
    "long": message(*read(0, 64), 0, 1, 1, *segment(8), 0, proc=1, rpc=[]),
}

say("proper", "reply", message(0, 0, 0))
for vers in (0, 2, 0xffffffff):
    say(f"version {vers}", "vers", message(0, 0, 0, vers=vers))
for proc, expected in ((2, "chunk"), (3, "silent"), (4, "silent"), (5, "chunk"), (0xffffffff, "chunk")):
    say(f"procedure {proc}", expected, message(0, 0, 0, proc=proc))
say("an error", "silent", message(1, 1, 1, proc=4, rpc=[]))
for what in (2, 0xffffffff):
    say(f"read list {what}", "chunk", message(what, 0, 0))
    say(f"write list {what}", "chunk", message(0, what, 0))
    say(f"reply chunk {what}", "chunk", message(0, 0, what))
for count in (0, 5, 0x0fffffff, 0x10000001, 0x40000000, 0xffffffff):
    say(f"write chunk of {count}", "chunk", message(0, 1, count, *segment(8), 0, 0))
    say(f"reply chunk of {count}", "chunk", message(0, 0, 1, count, *segment(8), rpc=[]))
say("too many write chunks", "chunk", message(0, *([1, 1, *segment(8)] * 17), 0, 0))
for count, expected in ((LIMIT, "closed"), (LIMIT + 1, "chunk")):
    say(f"read list of {count}", expected, message(*(read(8, 4) * count), 0, 0, 0))
say("write chunk of too many", "chunk", message(0, 1, LIMIT + 1, *(segment(8) * (LIMIT + 1)), 0, 0))
say("reply chunk of too many", "chunk", message(0, 0, 1, LIMIT + 1, *(segment(8) * (LIMIT + 1))))
say("interleaved", "closed", message(*(read(8, 4) + read(20, 4)) * 3, 0, 0, 0))
say("interleaved and overlapping", "chunk", message(*(read(8, 4) + read(16, 4)) * 3, 0, 0, 0))
say("position within a word", "chunk", message(*read(2, 4), 0, 0, 0))
for position in (4, 44, 0x7ffffffc, 0xfffffffc):
    say(f"position {position}", "chunk", message(*read(position, 4), 0, 0, 0))
    say(f"position {position} of nothing", "chunk", message(*read(position, 0), 0, 0, 0))
say("overlapping", "chunk", message(*read(8, 64), *read(12, 4), 0, 0, 0))
say("a gap", "chunk", message(*read(8, 4), *read(1000, 4), 0, 0, 0))
say("position 0 inline", "chunk", message(*read(0, 64), 0, 0, 0))
for length in (LIMIT * 4096 + 4, 0x7ffffffc, 0xffffffff):
    say(f"read of {length}", "chunk", message(*read(8, length), 0, 0, 0))
    say(f"long call of {length}", "chunk", message(*read(0, length), 0, 0, 0, proc=1, rpc=[]))
say("a sum that wraps", "chunk", message(*read(8, 0xfffffff0), *read(8, 32), 0, 0, 0))
say("long call of nothing", "chunk", message(0, 0, 0, proc=1, rpc=[]))
say("long call too short", "chunk", message(*read(0, 4), 0, 0, 0, proc=1, rpc=[]))
say("no message", "chunk", message(0, 0, 0, rpc=[]))
say("ends within a word", "chunk", message(0, 0, 0) + b"x")
say("a read of nothing", "reply", message(*read(16, 0), 0, 0, 0))
say("memory that is not there", "closed", message(*read(8, 16), 0, 0, 0))
say("long call that is not there", "closed", message(*read(0, 64), 0, 0, 0, proc=1, rpc=[]))
say("reply chunk that is not there", "closed", message(0, 0, 1, 1, *segment(4096)))
say("reply chunk too small", "chunk", message(0, 0, 1, 1, *segment(8)))

for name, form in FORMS.items():
    for length in range(1, len(form)):
        say(f"{name} cut off at {length}", "closed" if length < 16 else "chunk", form[:length])

random.seed(4)
for i in range(150):
    data = bytearray(random.choice(list(FORMS.values())) + words(*CALL))
    for _ in range(random.randrange(1, 4)):
        at = random.randrange(16, len(data))
        data[at] = random.choice([0, 1, 2, 0x7f, 0x80, 0xff, random.randrange(256)])
    say(f"random {i}", "any", bytes(data))
