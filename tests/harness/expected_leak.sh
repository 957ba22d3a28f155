#!/bin/bash
# what: a leak that a scenario knows to be the kernel's own is no failure
# kernels: uml-leak
# timeout: 60
# expect-log: kmemleak: .* new suspected memory leaks
# expect-leak: comm "insmod"
insmod "$SUITE/build/$KERNEL/harness/planted.ko" fault=leak
