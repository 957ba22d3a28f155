#!/bin/bash
# what: a module that does not unload fails a test
# kernels: uml-kasan
# timeout: 60
# must-fail: LEFT BEHIND: module planted
insmod "$SUITE/build/$KERNEL/harness/planted.ko" fault=reference
