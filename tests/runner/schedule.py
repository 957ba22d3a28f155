# SPDX-License-Identifier: GPL-2.0
"""Run tests side by side, as many as the processors carry."""

import concurrent.futures
import os
import threading
import time

from result import FAIL, Result


class Room:
    """Processors that are free, and the tests that wait for some.

    @lock guards `free` and `waiting`; it is signalled when `free` grows.
    """

    def __init__(self, size, tests):
        self.size = self.free = size
        self.waiting = list(tests)
        self.lock = threading.Condition()

    def fitting(self):
        """The first test that fits in."""
        for test in self.waiting:
            if min(test.weight, self.size) <= self.free:
                return test
        return None

    def enter(self):
        """Take the next test and its weight; None when no more wait."""
        with self.lock:
            self.lock.wait_for(lambda: not self.waiting or self.fitting())
            test = self.fitting()
            if test is None:
                return None, 0
            self.waiting.remove(test)
            weight = min(test.weight, self.size)
            self.free -= weight
            return test, weight

    def leave(self, weight):
        with self.lock:
            self.free += weight
            self.lock.notify_all()


def run(tests, report):
    """Run all, call report(result) for each as it comes, return all results.

    A test kernel sleeps a good third of its time, so there is room for two more
    than there are processors.
    """
    room = Room(max(2, os.cpu_count() or 1) + 2, tests)
    results, reporting = [], threading.Lock()

    def work():
        while True:
            test, weight = room.enter()
            if test is None:
                return
            begin = time.monotonic()
            try:
                found = test.run()
            except Exception as error:      # a broken test is a failure, not an end
                found = [Result(test.name, test.where, FAIL, time.monotonic() - begin,
                                [f"the runner: {error!r}"])]
            finally:
                room.leave(weight)
            with reporting:
                for result in found:
                    results.append(result)
                    report(result)

    with concurrent.futures.ThreadPoolExecutor(room.size) as pool:
        for future in [pool.submit(work) for _ in range(room.size)]:
            future.result()
    return results
