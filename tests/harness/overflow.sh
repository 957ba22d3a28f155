#!/bin/bash
# what: a write behind an allocation fails a test
# kernels: uml-kasan
# timeout: 60
# must-fail: BUG: KASAN: slab-out-of-bounds
insmod "$SUITE/build/$KERNEL/harness/planted.ko" fault=overflow
