#!/bin/bash
# what: the words of tests/system/lib.sh do what they say, with the stock provider
# kernels: uml-kasan
# timeout: 120
link_type=rxe
. "$SUITE/tests/system/lib.sh"

# outcome TEXT STATUS REGEX - what a scenario that consists of TEXT comes to
outcome() {
	local status=0
	bash -c '. "$SUITE/tests/system/lib.sh"; eval "$1"' bash "$1" \
		> "$WORK/outcome" 2>&1 || status=$?
	if [ "$status" != "$2" ] || ! grep -q -- "$3" "$WORK/outcome"; then
		fail "not $2, '$3' but $status from: $1"$'\n'"$(cat "$WORK/outcome")"
	fi
}

outcome 'check true' 0 '+ true'
outcome 'check false' 1 'exit status 1 from: false'
outcome 'expect_fail false' 0 '! false'
outcome 'expect_fail true' 1 'succeeded, and must not'
outcome 'expect_fail bash -c "kill -9 \$\$"' 1 'exit status 137'
outcome 'expect_fail no-such-program' 1 'exit status 127'
outcome 'skip because' 4 'SKIPPED: because'
outcome 'wait_for false 1' 1 'still not so after [0-9]* s'
outcome 'check echo abc; expect_output ^abc' 0 abc
outcome 'check echo abc; expect_output xyz' 1 "no 'xyz'"
outcome 'start early false; wait_for "listening early"' 1 'early ended too early'
outcome 'start bad sh -c "exit 3"; finish bad' 1 'exit status 3 from bad'

say "clean-up runs in reverse, after a failure too"
cat > "$WORK/script" <<'END'
. "$SUITE/tests/system/lib.sh"
defer "echo first"
defer "echo second"
false
END
expect_fail bash "$WORK/script"
[ "$(tail -n 2 <<< "$OUTPUT" | paste -sd ' ')" = "second first" ] || fail "$OUTPUT"

say "the kernel log"
mark_log
! log_has 'before the mark' || fail "log_has sees what is not there"
echo "<6>after the mark" > /dev/kmsg
log_has 'after the mark'
mark_log
! log_has 'after the mark' || fail "log_has looks before the mark"
# of which more is to come than a pipe holds
outcome 'dmesg() { echo rvt-harness: start; echo found; seq 30000; }
	for i in {1..20}; do log_has found || fail "not found"; done; echo always' 0 always

say "addresses"
[ "$(gid_of 10.7.0.1)" = 0000:0000:0000:0000:0000:ffff:0a07:0001 ]
[ "$(gid_of fd07::1)" = fd07:0000:0000:0000:0000:0000:0000:0001 ]

say "network and RDMA"
make_netns other
make_veth_pair va vb other
check busybox ping -c 1 -W 5 10.7.0.2
check busybox ping -c 1 -W 5 fd07::2
netem va loss 100%
expect_fail busybox ping -c 1 -W 1 10.7.0.2
netem va off
check busybox ping -c 1 -W 5 10.7.0.2

load_suite rdma_rxe
expect_fail gid_index rxe0 10.7.0.1
add_link rxe0 va
index=$(gid_index rxe0 10.7.0.1)
command="ibv_rc_pingpong -d rxe0 -g $index -n 20"
run_pair "$command -c" "$command -c 10.7.0.1"
payload_right server
outcome "run_pair '$command -c' '$command 10.7.0.1'; payload_right server" 1 'wrong payload'
run_pair "rping -s -a 10.7.0.1 -C 5" "rping -c -a 10.7.0.1 -C 5"
run_pair "udaddy -b fd07::1" "udaddy -s fd07::1"
delete_link rxe0
expect_fail rdma link show rxe0/1
