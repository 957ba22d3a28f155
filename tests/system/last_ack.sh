#!/bin/bash
# what: a QP that is destroyed right after its last receive has acknowledged it: its peer sees success, not a timeout
# kernels: uml-kasan uml-leak
# timeout: 240
. "$SUITE/tests/system/lib.sh"
[ "$link_type" = rvt ] || skip "only our devices can switch the short cut off"

load_suite
make_dummy d0
add_link rvt0 d0
set_loopback rvt0 0
gid=$(gid_index rvt0 10.7.0.1)
# The client ends with the completion of a receive, while the server still waits
# for the acknowledgment of what it sent.
for round in $(seq 1 24); do
	command="ibv_rc_pingpong -d rvt0 -g $gid -e -n 2 -s $((100000 * (round % 10 + 1)))"
	run_pair "$command" "$command 127.0.0.1"
done
