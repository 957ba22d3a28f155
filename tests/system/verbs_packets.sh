#!/bin/bash
# what: every verb, size, error and refusal (vt) on one device over packets, at path MTUs 1024, 4096 (IPv6) and 256
# kernels: uml-kasan
# timeout: 400
. "$SUITE/tests/system/lib.sh"
[ "$link_type" = rvt ] || skip "only our devices can switch the short cut off"

load_suite
make_dummy d0
check ip link set dev d0 mtu 9000
add_link rvt0 d0
set_loopback rvt0 0
check vt run -d rvt0 -a 10.7.0.1 -m 1024
expect_output ' 0 failed'
check vt run -d rvt0 -a fd07::1 -m 4096 'rc/*' 'uc/*' 'ud/*' 'basic/*'
expect_output ' 0 failed'
check vt run -d rvt0 -a 10.7.0.1 -m 256 'rc/*/mtu*' 'uc/*/mtu*' 'rc/*/64k/*'
expect_output ' 0 failed'
[ "$(counter rvt0 loopback_bytes)" -eq 0 ] || fail "the short cut was taken"
[ "$(counter rvt0 icrc_errors)" -eq 0 ] || fail "ICRC errors"
