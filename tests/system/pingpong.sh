#!/bin/bash
# what: the ping-pongs of ibverbs-utils (RC, UC, UD, SRQ; polling and events) on one device, short cut and packets
# kernels: uml-kasan uml-leak stock
# timeout: 180
. "$SUITE/tests/system/lib.sh"

# pingpong PROGRAM [OPTION...]
pingpong() {
	local command="$1 -d rvt0 -c ${*:2}"
	run_pair "$command" "$command 127.0.0.1"
	expect_output 'bytes in .* seconds'
	payload_right server
}

# Two programs that poll share a CPU by time slices: a few iterations take long.
all() {
	local gid
	for gid in $(gid_index rvt0 10.7.0.1) $(gid_index rvt0 fd07::1); do
		pingpong ibv_rc_pingpong -g "$gid" -n $polled
		pingpong ibv_rc_pingpong -g "$gid" -n $events -e
		pingpong ibv_rc_pingpong -g "$gid" -n $polled -e -s 1000000
		pingpong ibv_uc_pingpong -g "$gid" -n $events -e
		pingpong ibv_ud_pingpong -g "$gid" -n $polled -s 1000
		pingpong ibv_ud_pingpong -g "$gid" -n $events -s 1000 -e
		pingpong ibv_srq_pingpong -g "$gid" -n $polled -e
	done
}

events=200 polled=10
[ "$KERNEL" != stock ] || events=100 polled=10
load_suite
make_dummy d0
add_link rvt0 d0
say "short cut inside the device"
all
[ "$link_type" = rvt ] || exit 0
say "packets"
set_loopback rvt0 0
before=$(counter rvt0 rcvd_pkts)
all
[ "$(counter rvt0 rcvd_pkts)" -ge $((before + events)) ] || fail "no packets were received"
