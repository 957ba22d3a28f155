#!/bin/bash
# what: stock rdma_rxe writes into memory windows and regions of ours, until they are invalidated
# kernels: uml-kasan
# timeout: 120
. "$SUITE/tests/system/lib.sh"

load_suite
make_netns there
make_veth_pair v0 v1 there
add_link rvt0 v1 there	# rdma_rxe has port 4791 of the initial namespace
check modprobe rdma_rxe
defer "modprobe -r rdma_rxe"
link_type=rxe add_link rxe0 v0
wait_for "gid_index rvt0 10.7.0.2 && gid_index rxe0 10.7.0.1"
check dmesg -C
check modprobe rvt_consumer_test device=rvt0 peer=rxe0
check modprobe -r rvt_consumer_test
report=$(dmesg)
[[ $report =~ \]\ ok\ [0-9]+\ (-\ )?rvt_roce-consumer ]] || fail "$report"
for name in send_with_inv window_1 window_2 window_invalidated; do
	grep -qE "\] +ok [0-9]+ (- )?$name\$" <<< "$report" || fail "$name was not run"$'\n'"$report"
done
