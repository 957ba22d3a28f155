#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One run of rbench between two ends in one kernel.
#
# usage: tests/bench/verbs.sh rvt|rxe HOW RBENCH_OPTION...
#
# HOW is where the two ends are:
#
#   one            on one device
#   packets        on one device; this suite's takes no short cut
#   pair:MTU[:LOSS]  on two devices on one cable, which loses LOSS (as 1%) each way
. "$SUITE/tests/bench/lib.sh"

side=$1 how=$2
shift 2
bench_provider "$side"
IFS=: read -r how mtu loss <<< "$how"
case $how in
one)	bench_one "$side" ;;
packets)
	bench_one "$side"
	[ "$side" = rxe ] || set_loopback dev0 0
	;;
pair)
	bench_pair "$side" "$mtu"
	if [ -n "$loss" ]; then
		netem v0 limit 100000 loss "$loss"
		netem v1 limit 100000 loss "$loss"
	fi
	;;
esac
measure rbench "$@" "${ENDS[@]}"
if [ "$how" = pair ]; then
	# that it went over the cable, not past it
	[ "$(cat /sys/class/net/v0/statistics/tx_packets)" -gt 50 ] ||
		fail "there were no packets on the cable"
fi
