#!/bin/bash
# what: a cross-section of the verbs (vt) on two CPUs, short cut and packets
# kernels: stock
# timeout: 300
. "$SUITE/tests/system/lib.sh"

cases=('rc/*/mtu*' 'rc/*/64k/*' 'uc/*/mtu*' 'ud/*/mtu*' 'basic/*' 'srq/*' 'cq/*' 'protection/*'
	'retry/*' 'state/*')
load_suite
make_dummy d0
add_link rvt0 d0
check vt run -d rvt0 -a 10.7.0.1 "${cases[@]}"
expect_output ' 0 failed'
set_loopback rvt0 0
check vt run -d rvt0 -a 10.7.0.1 "${cases[@]}"
expect_output ' 0 failed'
