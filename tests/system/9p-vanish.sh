#!/bin/bash
# what: 9P: a server that dies or falls silent gives its callers an error within the timeout, and umount ends
# kernels: uml-kasan uml-leak stock
# timeout: 240
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/lib9p.sh"

# A path of its own for what shall be lost, and no short cut past it.
wire() {
	if [ "$link_type" = rvt ]; then
		make_netns there
		make_veth_pair v0 v1 there
		add_link link0 v0
		add_link link1 v1 there
		where=there
	else
		one_link
		where=
	fi
}

# What is in $where from now on does not answer any more.
fall_silent() {
	if [ -n "$where" ]; then
		netem v0 loss 100%
		check ip netns exec there tc qdisc replace dev v1 root netem loss 100%
	else
		netem lo loss 100%
	fi
}

speak_again() {
	if [ -n "$where" ]; then
		netem v0 off
		check ip netns exec there tc qdisc del dev v1 root
	else
		netem lo off
	fi
}

serve_there() {
	rm -f "$WORK"/{gateway,diod}.log
	start diod ip netns exec "$where" diod -f -n -N -e "$export_dir" -l 127.0.0.1:5641 -S -U root -L stderr
	wait_for "in_netns '$where' ss -ltnH sport = 5641 | grep LISTEN"
	start gateway ip netns exec "$where" rdma9p -v --to tcp:127.0.0.1:5641 --keepalive 2
	wait_for "running gateway && grep -q 'listening on' $WORK/gateway.log"
}

# io_until WHAT... - WHAT happens under reads and writes, which end with errors
io_until() {
	say "$*"
	start writer dd if=/dev/zero of="$mnt/written" bs=64k count=1000000
	start reader sh -c "while cat '$mnt/big' > /dev/null; do :; done"
	sleep 1
	running writer && running reader || fail "no I/O"
	mark_log
	"$@"
	wait_for "! running writer && ! running reader" $((timeout + 5))
	for name in writer reader; do
		grep -q 'Input/output error' "$WORK/$name.log" || fail "$name: $(cat "$WORK/$name.log")"
	done
	log_has 'connection lost: .*; unmount, and mount again' || fail "nothing in the log"
	within 5 ls "$mnt"
	[ "$STATUS" -ne 0 ] || fail "a dead mount works"
	within 10 umount "$mnt"
	[ "$STATUS" -eq 0 ] || fail "umount: $OUTPUT"
}

kill_gateway() { kill -9 "$pid_gateway"; }
kill_server() { kill -9 "$pid_diod"; }
end_gateway() { kill -TERM "$pid_gateway"; }

timeout=10
load_9p
wire
write_tree "$export_dir" 5 2
# without a namespace the program is started as it is
[ -n "$where" ] || ip() { if [ "$1 $2" = "netns exec" ]; then shift 3; "$@"; else command ip "$@"; fi; }
serve_there

mount_9p "timeout=${timeout}000"
io_until kill_gateway
stop gateway; stop diod
serve_there

mount_9p "timeout=${timeout}000"
io_until kill_server
grep -q 'hangs up' "$WORK/gateway.log" || fail "the gateway did not notice: $(cat "$WORK/gateway.log")"
stop gateway; stop diod
serve_there

mount_9p "timeout=${timeout}000"
io_until end_gateway
wait_for "! running gateway"
wait "$pid_gateway" || fail "the gateway ends with $?"
stop diod
serve_there

mount_9p "timeout=${timeout}000"
io_until fall_silent
speak_again
wait_for "grep -q 'client .*closing this connection' $WORK/gateway.log" 60

say "silent before umount, which has to tell the server"
mount_9p "timeout=${timeout}000"
check ls "$mnt"
fall_silent
within $((timeout + 5)) umount "$mnt"
[ "$STATUS" -eq 0 ] || fail "umount: $OUTPUT"
speak_again

say "silent while a request waits for its reply, and nothing else is sent"
stop gateway
start badserver ip netns exec "$where" badserver9p 10.7.0.2
wait_for "grep -q listening $WORK/badserver.log"
mount_9p "timeout=${timeout}000"
start waiter stat "$mnt/hang"
wait_for "grep -q 'waits: hang' $WORK/badserver.log"
sleep $((timeout + 2))
running waiter || fail "a server that takes its time is not dead"
mark_log
fall_silent
wait_for "! running waiter" $((timeout + 2))
log_has 'connection lost: the server no longer answers' || fail "nothing in the log"
within 10 umount "$mnt"
[ "$STATUS" -eq 0 ] || fail "umount: $OUTPUT"
speak_again
