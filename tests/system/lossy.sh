#!/bin/bash
# what: payload stays right and all requests complete under loss, duplication, reordering and corruption (netem)
# kernels: uml-kasan
# timeout: 500
. "$SUITE/tests/system/lib.sh"
[ "$link_type" = rvt ] || skip "stock rdma_rxe 6.1 works in the initial namespace only"

# under WHAT NETEM... - both directions suffer
under() {
	local title=$1
	shift
	say "$title"
	netem v0 "$@"
	check ip netns exec there tc qdisc replace dev v1 root netem "$@"
	check vt run -l -d rvt0 -a 10.7.0.1 -H 10.8.0.2 "${cases[@]}"
	expect_output ' 0 failed'
}

cases=('rc/*/mtu+1/*' 'rc/*/64k/*' 'rc/*/1m/*' 'uc/*/mtu+1/*' 'ud/*/mtu/ab' 'basic/order/*' 'basic/atomic*'
	'basic/fence' 'basic/multi*' 'basic/many_qps' 'retry/rnr*')
load_suite
make_netns there
make_veth_pair v0 v1 there
make_veth_pair c0 c1 there 8	# the control connection has a path of its own
add_link rvt0 v0
add_link rvt1 v1 there
# to modify a queue pair must not depend on a reply of ARP that gets through
check ip neigh replace 10.7.0.2 dev v0 nud permanent \
	lladdr "$(ip netns exec there cat /sys/class/net/v1/address)"
check ip -n there neigh replace 10.7.0.1 dev v1 nud permanent \
	lladdr "$(cat /sys/class/net/v0/address)"
start serve ip netns exec there vt serve -d rvt1 -a 10.7.0.2
wait_for "grep -q serving $WORK/serve.log" 20

under "loss" limit 100000 loss 1%
[ "$(counter rvt0 completer_retry_err)" -gt 0 ] || fail "nothing was ever sent again: is there loss?"
under "heavy loss" limit 100000 loss 10%
under "duplication" limit 100000 duplicate 5%
[ "$(counter rvt0 duplicate_request)" -gt 0 ] || fail "no duplicate was seen"
under "reordering" limit 100000 delay 1ms reorder 75% 50%
[ "$(counter rvt0 out_of_seq_request)" -gt 0 ] || fail "nothing came out of sequence"
under "corruption" limit 100000 corrupt 1%
[ "$(counter rvt0 icrc_errors)" -gt 0 ] || fail "no ICRC error was seen"
under "all at once" limit 100000 delay 200us loss 0.5% duplicate 1% corrupt 0.3% reorder 90%
say "8 MiB messages"
cases=('rc/*/8m/ab')
under "loss" limit 100000 loss 1%
