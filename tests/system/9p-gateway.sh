#!/bin/bash
# what: the 9P gateway: wrong command lines, clients and servers that break the rules, many clients, limits, both kinds of stream, SIGTERM
# kernels: uml-kasan stock
# timeout: 240
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/lib9p.sh"

usage() { # REGEX OPTION...
	expect_fail rdma9p "${@:2}"
	[ "$STATUS" -eq 2 ] || fail "exit status $STATUS"
	expect_output "$1"
}

# client WHAT REGEX - what a client prints that does so
client() {
	check badclient9p "$server" "$1"
	expect_output "^$2\$"
}

gateway_says() {
	wait_for "grep -qE '$1' '$WORK/gateway.log'"
}

# one client that must not notice anything
innocent() { check cmp "$mnt/data" "$export_dir/data"; }

say "the splitter, by itself"
check splitter-test $RANDOM

say "command lines"
usage 'where is the 9P server\? Give --to'
usage 'give tcp:HOST:PORT or unix:PATH' --to host:564
usage 'give tcp:HOST:PORT' --to tcp:localhost
usage 'give tcp:HOST:PORT' --to tcp:fd07::1:564
usage 'give tcp:HOST:PORT' --to tcp::564
usage 'cannot look up nosuchhost' --to tcp:nosuchhost:564
usage 'give a path' --to unix:
usage '--msize 1000: give a number from 4096 to 1048576' --to unix:/s --msize 1000
usage '--msize 64k: give' --to unix:/s --msize 64k
usage '--depth 0: give' --to unix:/s --depth 0
usage '--port 70000: give' --to unix:/s --port 70000
usage 'what is more' --to unix:/s more
usage 'Try' --to unix:/s --nonsense
check rdma9p --version
expect_output '^rdma9p [0-9]'
check rdma9p --help
expect_output '--max-clients'

load_9p
say "without a device"
expect_fail timeout 20 rdma9p --to unix:/s
expect_output 'no RDMA connection manager|cannot listen'
one_link
say "with a wrong address"
expect_fail timeout 20 rdma9p --to unix:/s --listen 203.0.113.1
expect_output 'no RDMA device has this address'
expect_fail timeout 20 rdma9p --to unix:/s --listen nonsense
expect_output '--listen nonsense: give'

say "clients that break the rules"
head -c 300000 /dev/urandom > "$export_dir/data"
serve_9p --max-clients 6
mount_9p
expect_fail timeout 20 rdma9p --to unix:/s --listen "$server"
expect_output 'another program listens there'
client version 'msize 65536'
while read -r what reason; do
	: > "$WORK/gateway.log"
	client "$what" closed
	gateway_says "client 10\\.7\\.0\\.[12]:[0-9]+: .*($reason).*; closing this connection"
	innocent
done <<-'END'
	bad-size	malformed message: 21 bytes, and its size field says 20
	tiny		malformed message: 3 bytes
	no-version	message of type 104 before Tversion
	short-version	malformed Tversion
	huge-version	(above 8192 bytes|receiving failed)
	above-msize	(above 4096 bytes|receiving failed)
END

say "as many clients as are allowed, and one more"
for i in 1 2 3 4 5; do start "client$i" badclient9p "$server" hold; done
for i in 1 2 3 4 5; do wait_for "grep -q msize $WORK/client$i.log"; done
client version rejected
gateway_says 'refusing a client: there are 6, the limit'
stop client1
gateway_says 'disconnected'
client version 'msize 65536'
for i in 2 3 4 5; do stop "client$i"; done
innocent

say "many mounts at a time"
check umount "$mnt"
stop gateway
start_gateway --depth 16 --msize 32768
for i in {1..12}; do mount_9p "sq=8,rq=8" "$WORK/m$i"; done
grep -q 'msize=32768' /proc/mounts || fail "the gateway's msize is not the limit"
for i in {1..12}; do
	{ cp "$WORK/m$i/data" "$WORK/m$i/copy$i" && cmp "$WORK/m$i/copy$i" "$export_dir/data"; } &> "$WORK/cp$i.log" &
	pids[i]=$!
done
for i in {1..12}; do wait "${pids[i]}" || fail "mount $i: $(cat "$WORK/cp$i.log")"; done

say "SIGTERM"
kill -TERM "$pid_gateway"
wait_for "! running gateway"
wait "$pid_gateway" || fail "exit status $?"
for i in {1..12}; do
	within 10 umount "$WORK/m$i"
	[ "$STATUS" -eq 0 ] || fail "umount: $OUTPUT"
done
stop diod

say "no server behind it"
start_gateway
client version rejected
gateway_says 'cannot reach the 9P server at tcp:127.0.0.1:5641: Connection refused; is it running'
stop gateway

# fake WHAT - a server that breaks the rules, and a client that meets it
fake() {
	rm -f "$WORK"/{fake,gateway}.log
	start fake "$SUITE/tests/9p/fakeserver.py" unix "$WORK/socket" "$1"
	wait_for "grep -q listening $WORK/fake.log"
	start gateway rdma9p -v --to "unix:$WORK/socket" --listen "$server"
	gateway_says 'listening on'
}

say "servers that break the rules"
while read -r what result reason; do
	fake "$what"
	client version "$result"
	gateway_says "$reason"
	stop gateway
	stop fake
done <<-'END'
	small	closed	message of 6 bytes, the limit being 8192
	large	closed	message of 16777216 bytes
	tiny	closed	an msize of 1000 is less than 4096
	short	closed	malformed Rversion
	half	closed	the 9P server hangs up
	eof	closed	the 9P server hangs up
END
for line in "dribble:msize 1048576" "greedy:msize 1048576"; do
	fake "${line%%:*}"
	client version "${line#*:}"
	stop gateway
	stop fake
done
fake twice
check badclient9p "$server" hold
expect_output '^(msize 1048576|closed)$'
gateway_says 'a reply to no request'
stop gateway
stop fake

say "a silent client, a deaf server"
fake deaf
start silent badclient9p "$server" silent
start hold badclient9p "$server" hold
wait_for "[ \$(grep -c ': connected' $WORK/gateway.log) -eq 2 ]"
stop silent
stop hold
wait_for "[ \$(grep -c disconnected $WORK/gateway.log) -eq 2 ]"
stop gateway
