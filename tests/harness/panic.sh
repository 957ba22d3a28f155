#!/bin/bash
# what: a kernel that panics is a failure, at once
# kernels: uml-kasan stock
# timeout: 90
# must-fail: the kernel died
insmod "$SUITE/build/$KERNEL/harness/planted.ko" fault=panic
