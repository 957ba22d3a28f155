#!/bin/bash
# what: perftest programs run: send, write and read bandwidth and latency
# kernels: uml-kasan
# timeout: 120
. "$SUITE/tests/system/lib.sh"

# perf PROGRAM [OPTION...]
perf() {
	local command="$1 -d rvt0 -x $gid -F ${*:2}"
	run_pair "$command" "$command 127.0.0.1"
	expect_output '#bytes'
}

load_suite
make_dummy d0
add_link rvt0 d0
gid=$(gid_index rvt0 10.7.0.1)
for loopback in 1 0; do
	[ "$link_type" != rvt ] || set_loopback rvt0 $loopback
	perf ib_send_bw -n 100 -s 65536
	perf ib_write_bw -n 100 -s 65536
	perf ib_read_bw -n 100 -s 65536
	perf ib_send_lat -n 10 -s 64 -e
	perf ib_write_lat -n 10 -s 64
	perf ib_atomic_bw -n 100
	perf ib_send_bw -n 100 -s 1000 -c UD
	perf ib_send_bw -n 100 -s 4096 -r 16 --use-srq
done
