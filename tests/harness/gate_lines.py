#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""Which kernel lines fail a test, and which do not."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "runner"))

import gate             # noqa: E402

BAD = """\
BUG: KASAN: slab-use-after-free in rvt_qp_put+0x10/0x20 [rdmavt]
BUG: sleeping function called from invalid context at mm/slab.h:274
BUG: RESTRACK detected leak of resources
BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 41s!
watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [rping:312]
WARNING: CPU: 0 PID: 74 at drivers/infiniband/core/device.c:670
WARNING: possible circular locking dependency detected
WARNING: suspicious RCU usage
INFO: trying to register non-static key.
INFO: task umount:512 blocked for more than 60 seconds.
rcu: INFO: rcu_preempt self-detected stall on CPU
rcu: INFO: rcu_sched detected stalls on CPUs/tasks:
Oops: 0000 [#1] PREEMPT SMP NOPTI
general protection fault, probably for non-canonical address 0xdead000000000100
Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010
Kernel panic - not syncing: Fatal exception in interrupt
UBSAN: array-index-out-of-bounds in rdmavt/qp.c:12:3
ODEBUG: free active (active state 0) object type: timer_list
DMA-API: rvt0: device driver frees DMA memory it has not allocated
unregister_netdevice: waiting for veth0 to become free. Usage count = 2
refcount_t: underflow; use-after-free.
ref_tracker: leaked reference.
list_del corruption. prev->next should be 0000000080000000
BUG rvt_mr (Tainted: G): Objects remaining in rvt_mr on __kmem_cache_shutdown()
kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
rdma9p[313]: segfault at 10 ip 000055d0 sp 00007ffc error 4 in rdma9p[55d0+3000]
""".splitlines()

GOOD = """\
rvt_roce: loading out-of-tree module taints kernel.
rvt_roce: module verification failed: signature and/or required key missing
infiniband rvt0: set active
IPv6: ADDRCONF(NETDEV_CHANGE): vb: link becomes ready
FAULT_INJECTION: forcing a failure.
9pnet_rdma: 10.7.0.1 did not answer within 30 s: is the server running?
debugfs: Directory 'rvt0' is ready
""".splitlines()


def log(*lines):
    return "\n".join(["Linux version 6.1", "WARNING: at boot", f"[1.0] {gate.START}", *lines, ""])


class GateLines(unittest.TestCase):
    def test_bad(self):
        for line in BAD:
            self.assertEqual(gate.judge(log(GOOD[0], line)), [line])

    def test_good(self):
        self.assertEqual(gate.judge(log(*GOOD)), [])

    def test_before_the_start(self):
        self.assertEqual(gate.judge(log()), [])

    def test_no_start(self):
        self.assertEqual(len(gate.judge("Linux version 6.1\n")), 1)
        self.assertEqual(len(gate.judge("")), 1)

    def test_a_second_start_hides_nothing(self):
        self.assertEqual(gate.judge(log(BAD[0], gate.START)), [BAD[0]])

    def test_expected(self):
        self.assertEqual(gate.judge(log(BAD[0], BAD[5]), ["core/device"]), [BAD[0]])

    def test_fork_of_uml(self):
        report, fork = "[ 2.0] WARNING: suspicious RCU usage", " [<6004319a>] force_flush_all+0xfa/0x1a0"
        self.assertEqual(gate.judge(log(report, "Call Trace:", fork)), [])
        self.assertEqual(gate.judge(log(report, "Call Trace:", BAD[0], fork)), [report, BAD[0]])
        self.assertEqual(gate.judge(log(report, *[""] * 60, fork)), [report])
        self.assertEqual(gate.judge(log(BAD[0], fork)), [BAD[0]])


if __name__ == "__main__":
    unittest.main()
