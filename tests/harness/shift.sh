#!/bin/bash
# what: undefined behaviour fails a test
# kernels: uml-kasan
# timeout: 60
# must-fail: UBSAN: shift-out-of-bounds
insmod "$SUITE/build/$KERNEL/harness/planted.ko" fault=shift
