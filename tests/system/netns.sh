#!/bin/bash
# what: two network namespaces with a link each talk over veth: ping-pongs, rping, verbs matrix, payload checked
# kernels: uml-kasan uml-leak
# timeout: 300
. "$SUITE/tests/system/lib.sh"
[ "$link_type" = rvt ] || skip "stock rdma_rxe 6.1 works in the initial namespace only"

# run_apart SERVER CLIENT - the server in the other namespace
run_apart() {
	start server bash -c "exec ip netns exec there $1"
	wait_for "listening server there" 20
	check bash -c "$2"
	finish server
}

load_suite
make_netns there
make_veth_pair v0 v1 there 7 9000
add_link rvt0 v0
add_link rvt1 v1 there

for net in 10.7.0. fd07::; do
	g0=$(gid_index rvt0 "${net}1")
	g1=$(gid_index rvt1 "${net}2")
	for program in "ibv_rc_pingpong -e -c -m 4096" "ibv_uc_pingpong -e -c" \
			"ibv_srq_pingpong -e -c" "ibv_ud_pingpong -e -c -s 2000"; do
		run_apart "$program -d rvt1 -g $g1 -n 100" "$program -d rvt0 -g $g0 -n 100 10.7.0.2"
		expect_output 'bytes in .* seconds'
		payload_right server
	done
	run_apart "rping -s -a ${net}2 -V -C 10 -S 3000" \
		"rping -c -a ${net}2 -I ${net}1 -V -C 10 -S 3000"
	run_pair "rping -s -a ${net}1 -V -C 10" "rping -c -a ${net}1 -V -C 10" there
done

cases=('rc/*/mtu*' 'rc/*/64k/*' 'rc/*/1m/ab' 'uc/*/64k/*' 'ud/*' 'basic/atomic*' 'basic/order/*'
	'basic/many_qps' 'retry/*' 'protection/[rm]*')
start serve ip netns exec there vt serve -d rvt1 -a 10.7.0.2
wait_for "grep -q serving $WORK/serve.log" 20
check vt run -d rvt0 -a 10.7.0.1 -H 10.7.0.2 "${cases[@]}"
expect_output ' 0 failed'
