#!/bin/bash
# what: two locks in both orders fail a test
# kernels: uml-kasan uml-leak
# timeout: 60
# must-fail: possible circular locking
insmod "$SUITE/build/$KERNEL/harness/planted.ko" fault=lock-order
