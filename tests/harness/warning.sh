#!/bin/bash
# what: a WARN_ON in the kernel fails a test that is content
# kernels: uml-kasan uml-leak stock
# timeout: 60
# must-fail: WARNING: .*planted
insmod "$SUITE/build/$KERNEL/harness/planted.ko" fault=warning
