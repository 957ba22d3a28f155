#!/bin/bash
# what: 9P: killed callers: flush, the reply that wins, the flush that is given up, all credits stuck; nothing is lost of credits, buffers and tags
# kernels: uml-kasan uml-leak stock
# timeout: 200
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/lib9p.sh"

log=$WORK/badserver.log

# wait_for_log COUNT REGEX - the server has said so COUNT times
wait_for_log() { wait_for "[ \$(grep -c '$2' $log) -ge $1 ]"; }

# works - requests go through, more than there are credits
works() {
	within 20 stat "$mnt"/nothing-{1..8}
	[ "$(grep -c 'No such file' <<< "$OUTPUT")" -eq 8 ] || fail "$OUTPUT"
}

# victim NAME - a process that looks NAME up, in $pid_NAME once the server has it
victim() {
	start "${1//-/_}" stat "$mnt/$1"
	wait_for_log 1 "waits: $1\$"
}

# without_credit NAME - a process that looks NAME up, and has gone to sleep in that
without_credit() {
	# shellcheck disable=SC2016 # for another shell
	start "${1//-/_}" bash -c 'echo asking; [ -e "$1" ]' bash "$mnt/$1"
	wait_for "grep -q asking $WORK/${1//-/_}.log && asleep ${1//-/_}"
}

gone() { wait_for "! running $1" 20; }

flushed_round() {
	local kind=$1 rounds=$2 i
	for ((i = 0; i < rounds; i++)); do
		victim "$kind-$i"
		kill -9 "$(eval echo "\$pid_${kind}_$i")"
		gone "${kind}_$i"
	done
	wait_for_log "$rounds" "flush of [0-9]*, $kind"
}

# killed_twice NAME - looks NAME up in a thread, which is killed first because
# another thread executes a program, and then with the whole process
killed_twice() {
	start "${1//-/_}" python3 -c '
import os, sys, threading, time
path = sys.argv[1]
threading.Thread(target=lambda: os.stat(path)).start()
while not os.path.exists(sys.argv[2]):
    time.sleep(0.02)
os.execv("/bin/true", ["true"])' "$mnt/$1" "$WORK/exec-$1"
	wait_for_log 1 "waits: $1\$"
	touch "$WORK/exec-$1"
	wait_for "grep -A99 'waits: $1\$' $log | grep 'flush of [0-9]*, held'"
	kill -9 "$(eval echo "\$pid_${1//-/_}")"
	gone "${1//-/_}"
}

load_9p
one_link
for depths in sq=1,rq=1 sq=2,rq=3 sq=32,rq=32; do
	say "$depths"
	start_badserver
	mount_9p "$depths"
	works
	say "flushed, again and again"
	flushed_round hang 4
	works
	say "flushed, but the reply comes first"
	flushed_round late 4
	works
	if [ $depths = sq=32,rq=32 ]; then
		say "nobody waits for the flush any more"
		for i in 1 2 3; do killed_twice "held-$i"; done
		works	# with three tags that the server still has
		within 20 stat "$mnt/release"
		wait_for_log 1 'released 3 and 3'
		works
		killed_twice held-forever
	fi
	within 10 umount "$mnt"
	[ "$STATUS" -eq 0 ] || fail "umount: $OUTPUT"
	stop badserver
done

say "all credits stuck: every caller can be killed, one after the other"
start_badserver
mount_9p sq=4,rq=4
for i in 1 2 3; do
	victim "hang-stuck-$i"
done
without_credit hang-more
pause 0.5
! grep -q 'waits: hang-more' "$log" || fail "more requests than credits"
kill -9 "$pid_hang_stuck_1"
gone hang_stuck_1
wait_for_log 1 'waits: hang-more'	# the credit came free
for name in hang_stuck_2 hang_stuck_3 hang_more; do
	kill -9 "$(eval echo "\$pid_$name")"
	gone $name
done
wait_for_log 4 'flush of [0-9]*, hang'
works

say "a waiter for a credit is killed itself"
for i in 1 2 3; do victim "hang-again-$i"; done
without_credit hang-out
kill -9 "$pid_hang_out"
gone hang_out
pause 0.5
! grep -q 'waits: hang-out' "$log" || fail "sent after all"

say "and when the server goes, everybody who waits ends, for a reply or for a credit"
without_credit hang-out
kill -9 "$pid_badserver"
for name in hang_again_1 hang_again_2 hang_again_3 hang_out; do gone $name; done
within 10 umount "$mnt"
[ "$STATUS" -eq 0 ] || fail "umount: $OUTPUT"
