#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One run of rbench between two kernels on one Ethernet; the modules are of the
# same kind on both.
#
# usage: tests/bench/wire.sh rvt|rxe serve
#        tests/bench/wire.sh rvt|rxe RBENCH_OPTION...
. "$SUITE/tests/bench/lib.sh"

side=$1
shift
me=1
[ "$1" != serve ] || me=2
set_up vec0 "10.9.0.$me/24" "fd09::$me/64"
check ip link set dev vec0 mtu 9000
bench_provider "$side"
bench_link "$side" dev0 vec0
if [ "$1" = serve ]; then
	start serve rbench serve
	wait_for "grep -q serving $WORK/serve.log"
	echo "serving"
	wait "$pid_serve"
	fail "the server has ended: $(cat "$WORK/serve.log")"
fi
wait_for "true < /dev/tcp/10.9.0.2/18600" 60
measure rbench "$@" -H 10.9.0.2 -d dev0 -a 10.9.0.1 -D dev0 -A 10.9.0.2
