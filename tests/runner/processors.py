# SPDX-License-Identifier: GPL-2.0
"""Give each test kernel a processor to stay on.

A User Mode Linux kernel has one processor, and every system call and page fault
of a program in it is a switch between two processes of the host.  When those are
on two processors of the host, each switch wakes up the other processor, which
costs a quarter of all processor time and, on a busy machine, waiting.
"""

import os
import random
import threading


class Processors:
    """How many test kernels of this run are on each; @lock guards it."""

    def __init__(self):
        self.load = dict.fromkeys(os.sched_getaffinity(0), 0)
        self.lock = threading.Lock()

    def take(self):
        """One that has the fewest.  Runs side by side do not all take the first."""
        with self.lock:
            fewest = min(self.load.values())
            processor = random.choice([number for number, kernels in self.load.items()
                                       if kernels == fewest])
            self.load[processor] += 1
            return processor

    def give_back(self, processor):
        with self.lock:
            self.load[processor] -= 1


PROCESSORS = Processors()
