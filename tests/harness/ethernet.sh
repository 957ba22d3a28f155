#!/bin/bash
# what: two stock kernels on one Ethernet talk RDMA, by both IP versions and MTUs
# kernels: uml-kasan
# timeout: 120
# mtu: 1500 9000
# ours: stock
. "$SUITE/tests/interop/lib.sh"

gid=$(gid_index "$DEV" "$ME")
pingpong="ibv_rc_pingpong -d $DEV -g $gid -n 50 -c"

# The client has verified the data.  How rping's server then ends is up to a race
# of its threads, more than tests/bin/rping knows of.
ended() {
	wait_for "! running server"
	stop server
}

case $ROLE in
ours)
	start server rping -s -a "$ME" -C 20 -S 5000 -V
	wait_for "listening server"
	sync_point rping
	ended

	start server rping -s -a "$ME6" -C 20 -S 5000 -V
	wait_for "listening server"
	sync_point rping6
	ended

	# shellcheck disable=SC2086
	start server $pingpong
	wait_for "listening server"
	sync_point pingpong "$MTU"
	finish server
	payload_right server
	;;
stock)
	sync_point rping
	check rping -c -a "$PEER" -C 20 -S 5000 -V
	sync_point rping6
	check rping -c -a "$PEER6" -C 20 -S 5000 -V
	sync_point pingpong
	[ "$HEARD" = "$MTU" ] || fail "the other side has MTU '$HEARD'"
	check bash -c "$pingpong $PEER"
	;;
esac
sync_point "end"
check rdma statistic show link "$DEV/1"
