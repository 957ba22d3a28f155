#!/bin/bash
# what: a kernel that spins is stopped when the time is up
# kernels: uml-kasan stock
# timeout: 6
# must-fail: begun
# must-fail: time is up
echo "FAILED: begun"
insmod "$SUITE/build/$KERNEL/harness/planted.ko" fault=spin
