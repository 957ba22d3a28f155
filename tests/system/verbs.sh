#!/bin/bash
# what: every verb, size, error and refusal (vt) on one device through the short cut
# kernels: uml-kasan uml-leak
# timeout: 300
. "$SUITE/tests/system/lib.sh"

load_suite
make_dummy d0
add_link rvt0 d0
check vt run -d rvt0 -a 10.7.0.1
expect_output ' 0 failed'
[ "$link_type" = rvt ] || exit 0
[ "$(counter rvt0 loopback_bytes)" -gt 100000000 ] || fail "the short cut was not taken"
