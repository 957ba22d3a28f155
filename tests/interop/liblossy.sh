# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# `vt` between the two sides while packets suffer; read in the place of lib.sh.

. "$SUITE/tests/interop/lib.sh"

if [ "$ROLE" = stock ]; then
	start serve vt serve -d "$DEV" -a "$ME"
	wait_for "grep -q serving $WORK/serve.log" 20
fi
sync_point serving

# under CASE... -- NETEM... - both ends suffer; TCP for the control connection too
under() {
	local cases=()
	for (( ; $# > 0; )); do
		[ "$1" != -- ] || break
		cases+=("$1")
		shift
	done
	shift
	say "$*"
	netem vec0 limit 100000 "$@"
	sync_point bad
	if [ "$ROLE" = ours ]; then
		check vt run -l -d "$DEV" -a "$ME" -H "$PEER" "${cases[@]}"
		expect_output ' 0 failed'
		say "$(tail -n 1 <<< "$OUTPUT")"
	fi
	sync_point tried
	netem vec0 off
	sync_point good
}
