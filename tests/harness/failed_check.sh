#!/bin/bash
# what: a failed check ends a test, and tells what the command had said
# kernels: uml-kasan
# timeout: 60
# must-fail: FAILED:   the second line
. "$SUITE/tests/system/lib.sh"
check bash -c 'echo the first line; echo the second line; false'
exit 0
