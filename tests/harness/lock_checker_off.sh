#!/bin/bash
# what: a test after which the lock checker is off fails, even if no line says so
# kernels: uml-kasan
# timeout: 60
# must-fail: LEFT BEHIND: lockdep
# expect-log: .
insmod "$SUITE/build/$KERNEL/harness/planted.ko" fault=lock-order
