#!/bin/bash
# what: a test without a fault passes, and its module is unloaded for it
# kernels: uml-kasan uml-leak stock
# timeout: 60
insmod "$SUITE/build/$KERNEL/harness/planted.ko"
