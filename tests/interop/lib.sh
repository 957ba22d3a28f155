# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the two sides of an interoperability test have in common.  The same
# script runs in two kernels that share an Ethernet:
#
#	ROLE=ours	this suite's modules; host 1: 10.9.0.1, fd09::1
#	ROLE=stock	the kernel's own; host 2: 10.9.0.2, fd09::2
#
# and says, besides the fields of tests/system/lib.sh:
#
#	# mtu: 1500 9000	(it runs once for each)
#
# One side can have the other one's machine switched off: see reset_other.
#
# $DEV is the RDMA device of this side, $ME and $PEER are the IPv4 addresses,
# $ME6 and $PEER6 the IPv6 ones.

. "$SUITE/tests/system/lib.sh"

: "${ROLE:?runs in two kernels: make check T=interop/NAME}"
: "${BOOT:=1}"

# shellcheck disable=SC2034 # some are for the test
case $ROLE in
ours)	ME=10.9.0.1 PEER=10.9.0.2 ME6=fd09::1 PEER6=fd09::2 ;;
stock)	ME=10.9.0.2 PEER=10.9.0.1 ME6=fd09::2 PEER6=fd09::1 ;;
esac

# The link between the two scripts is a TCP connection beside the RDMA traffic,
# held by one program as long as both machines run.
start_meeting() {
	local say=$WORK/say$BOOT hear=$WORK/hear$BOOT
	mkfifo "$say" "$hear"
	start "meeting$BOOT" python3 "$SUITE/tests/interop/meeting.py" "$ROLE" "$ME" "$PEER" \
		$((7000 + BOOT)) "$say" "$hear"
	exec {meeting_say}> "$say" {meeting_hear}< "$hear"
	sync_point start
}

# sync_point NAME [WORD...] - wait until the other side is at NAME as well; its
# words are in $HEARD.  Fails when the other side is somewhere else, or gone.
sync_point() {
	local name=$1 answer
	echo "$*" >&"$meeting_say"
	read -r answer <&"$meeting_hear" || fail "at $name: the other side is gone"
	[ "${answer%% *}" = "$name" ] || fail "at $name: the other side is at $answer"
	# shellcheck disable=SC2034 # for the test
	HEARD=${answer#"$name"}
	HEARD=${HEARD# }
}

# reset_other - switch the other machine off, as it is, and on again: its script
# runs once more, and this returns when it is ready.  BOOT, 1 at first, counts the
# resets of both sides: what a script has to know when it finds itself at its begin.
reset_other() {
	BOOT=$((BOOT + 1))
	echo "RESET: the other side"
	start_meeting
	sync_point ready
}

set_up vec0 "$ME/24" "$ME6/64"
check ip link set dev vec0 mtu "$MTU"
start_meeting

case $link_type in
rxe)	load_suite rdma_rxe ;;
*)	load_suite ;;
esac
DEV=${link_type}0
add_link "$DEV" vec0
sync_point ready

# each_way SERVER CLIENT - both shell text, in which the usual variables are
# those of the side that it runs on; first the stock side serves, then ours. A
# ping-pong's payload is right if it has -c at both ends.
each_way() {
	local server
	for server in stock ours; do
		if [ "$ROLE" = $server ]; then
			start server bash -c "exec $(eval "echo \"$1\"")"
			wait_for "listening server" 20
			sync_point "serving-$server"
			finish server
			payload_right server
		else
			sync_point "serving-$server"
			check bash -c "$(eval "echo \"$2\"")"
		fi
		sync_point "served-$server"
	done
}
