#!/bin/bash
# what: modules load, replace the stock ones, load by alias, and unload
# kernels: uml-kasan uml-leak stock
# timeout: 60
. "$SUITE/tests/system/lib.sh"

all=(rdmavt rvt_roce 9pnet_rdma rpcrdma ib_srpt rds rds_rdma)
for module in "${all[@]}"; do
	ours "$module" || fail "modprobe $module would load $(modinfo -n "$module")"
done

for round in 1 2 3; do
	say "round $round"
	load_suite "${all[@]}"
	for module in "${all[@]}"; do
		grep -q O "/sys/module/$module/taint" || fail "$module is the kernel's own"
	done
	unload_suite
	for module in "${all[@]}"; do
		[ ! -d "/sys/module/$module" ] || fail "$module is still loaded"
	done
done

say "adding a link loads the module"
make_dummy d0
[ ! -d /sys/module/rvt_roce ] || fail "rvt_roce is loaded already"
add_link rvt0 d0
[ -d /sys/module/rvt_roce ] || fail "no module, but a link"

say "the library stays while its driver is there"
expect_fail rmmod rdmavt
expect_output "in use"

say "links go with their module, idle or not"
start holder vt target -d rvt0 10.7.0.1
wait_for "grep -q psn= $WORK/holder.log" 20
start watch timeout 30 ibv_asyncwatch -d rvt0
wait_for "grep -q 'event FD' $WORK/watch.log" 20
check timeout 20 rmmod rvt_roce
expect_fail rdma link show rvt0/1
wait_for "grep -q DEVICE_FATAL $WORK/watch.log" 20
stop watch
stop holder
check rmmod rdmavt
check ip link set dev d0 down
