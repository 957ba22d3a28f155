#!/bin/bash
# what: work requests of the kernel's consumers (REG_MR, invalidation of both kinds, memory windows), short cut and packets
# kernels: uml-kasan uml-leak
# timeout: 120
. "$SUITE/tests/system/lib.sh"
[ "$link_type" = rvt ] || skip "memory windows are posted in our own form"

load_suite
make_dummy d0
add_link rvt0 d0
for loopback in 1 0; do
	set_loopback rvt0 $loopback
	before=$(counter rvt0 rcvd_pkts)
	check dmesg -C
	check modprobe rvt_consumer_test device=rvt0
	check modprobe -r rvt_consumer_test
	report=$(dmesg)
	[[ $report =~ \]\ ok\ [0-9]+\ (-\ )?rvt_roce-consumer ]] || fail "$report"
	packets=$(( $(counter rvt0 rcvd_pkts) - before ))
	[ $(( packets > 0 )) -ne $loopback ] || fail "loopback $loopback, but $packets packets"
done
