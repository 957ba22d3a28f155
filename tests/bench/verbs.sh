#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One run of rbench between two ends in one kernel.
#
# usage: tests/bench/verbs.sh rvt|rxe HOW RBENCH_OPTION...
#
# HOW is where the two ends are, see bench_ends in lib.sh.
. "$SUITE/tests/bench/lib.sh"

side=$1 how=$2
shift 2
bench_provider "$side"
bench_ends "$side" "$how"
measure rbench "$@" "${ENDS[@]}"
if [ "${how%%:*}" = pair ]; then
	# that it went over the cable, not past it
	[ "$(cat /sys/class/net/v0/statistics/tx_packets)" -gt 50 ] ||
		fail "there were no packets on the cable"
fi
