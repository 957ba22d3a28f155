# SPDX-License-Identifier: GPL-2.0
"""Run tests side by side, as many as the processors carry."""

import concurrent.futures
import os
import threading
import time

from result import FAIL, Result


class Room:
    """Processors that are free; a test waits until its weight fits in.

    @lock guards `free`; it is signalled when `free` grows.
    """

    def __init__(self, size):
        self.size = self.free = size
        self.lock = threading.Condition()

    def enter(self, weight):
        weight = min(weight, self.size)
        with self.lock:
            self.lock.wait_for(lambda: self.free >= weight)
            self.free -= weight
        return weight

    def leave(self, weight):
        with self.lock:
            self.free += weight
            self.lock.notify_all()


def run(tests, report):
    """Run all, call report(result) for each as it comes, return all results.

    A test kernel sleeps a good third of its time, so there is room for one more
    than there are processors.
    """
    room = Room(max(2, os.cpu_count() or 1) + 1)
    results, reporting = [], threading.Lock()

    def work(test, weight):
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
        for test in tests:
            pool.submit(work, test, room.enter(test.weight))
    return results
