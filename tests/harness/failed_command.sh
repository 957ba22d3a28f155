#!/bin/bash
# what: a command that fails without a check ends a test, and says where
# kernels: uml-kasan
# timeout: 60
# must-fail: FAILED: line .*: false
. "$SUITE/tests/system/lib.sh"
deep() { false; }
deep
exit 0
