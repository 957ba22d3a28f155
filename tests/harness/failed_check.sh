#!/bin/bash
# what: a failed check ends a test, and says which
# kernels: uml-kasan
# timeout: 60
# must-fail: FAILED: exit status 1 from: false
. "$SUITE/tests/system/lib.sh"
check false
exit 0
