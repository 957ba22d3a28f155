#!/bin/bash
# what: kernel memory that is lost fails a test
# kernels: uml-leak
# timeout: 60
# must-fail: LEFT BEHIND: memory
insmod "$SUITE/build/$KERNEL/harness/planted.ko" fault=leak
