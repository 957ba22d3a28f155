#!/bin/bash
# what: a task that waits in the kernel for ever fails a test
# kernels: uml-kasan
# timeout: 90
# must-fail: LEFT BEHIND: stuck: .*insmod
insmod "$SUITE/build/$KERNEL/harness/planted.ko" fault=sleep &
sleep 1
