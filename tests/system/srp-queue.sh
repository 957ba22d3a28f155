#!/bin/bash
# what: SRP: transfers wait for room in the send queue; there they are done in turn, aborted, reset, and left by their session
# kernels: uml-kasan uml-leak
# timeout: 180
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"

hold_reads() { tc qdisc change dev lo parent 1:4 handle 40: netem loss 100%; }
release_reads() { tc qdisc change dev lo parent 1:4 handle 40: netem loss 0%; }

tag=100
next_tag() { tag=$((tag + 1)); }

# More than fit into the send queue, which is as small as it can be: 8 transfers, of
# up to 3 work requests.
writes=32

# A channel whose writes are all in need_data, the last ones without any room; $held
# is the last one's tag.
fill_queue() {
	local i
	echo > $tracing/trace
	expect ready a login
	hold_reads
	for ((i = 0; i < writes; i++)); do
		next_tag
		expect ok a dry write $tag
	done
	held=$tag
	wait_for "was_in $held need_data"
}

# replies NUMBER - in any order, in $REPLIES
replies() {
	local i
	REPLIES=
	for ((i = 0; i < $1; i++)); do
		expect ok a recv
		step a reply
		REPLIES+=$ANSWER$'\n'
	done
}

# leave - all credits are here, and everything ends
leave() {
	expect 128 a credits
	expect ok a leave
	wait_for no_sessions 60
}

load_srp
check modprobe rdma_ucm
one_link
set_loopback link0 0
filter_reads
ramdisk disk0 16
STORES=("$STORE")
serve_srp link0
trace_states
write 16 "$tpg/attrib/srp_sq_size"
start_steps

say "all of them in turn"
fill_queue
pause 0.2
release_reads
replies $writes
[ "$(grep -c 'status 0 1' <<< "$REPLIES")" = $writes ] || fail "$REPLIES"
leave

say "the last one aborted"
fill_queue
next_tag
expect ok a dry abort $tag $held
wait_for "was_in $tag mgmt"
pause 0.2
release_reads
replies $writes
grep -qx "$tag function 0 2" <<< "$REPLIES" || fail "$REPLIES"
[ "$(grep -c 'status 0 1' <<< "$REPLIES")" = $((writes - 1)) ] || fail "$REPLIES"
leave

say "a LUN reset"
fill_queue
next_tag
expect ok a dry reset $tag
wait_for "was_in $tag mgmt"
pause 0.2
release_reads
replies 1
[ "$REPLIES" = "$tag function 0 $((writes + 1))"$'\n' ] || fail "$REPLIES"
leave

say "the session ends"
fill_queue
expect ok a leave
wait_for no_sessions 60
was_in $held 'done' || fail "$held is not done"
release_reads

say "the ACL goes"
fill_queue
start dropper drop_acl "$tpg/acls/$client"
expect ok a closed
wait_for "! running dropper" 60
finish dropper
was_in $held 'done' || fail "$held is not done"
release_reads
add_acl "$client"

say "what never fits"
expect ready a login
next_tag
expect ok a scatter $tag 20 4000 200
expect "$tag status 2 1" a reply
next_tag
expect ok a gather $tag 20 4000 200
expect "$tag status 2 1" a reply
next_tag
expect ok a scatter $tag 20 4000 4000
expect "$tag status 0 1" a reply
leave

say "reads and writes of a real initiator"
log_in link0 cmd_sg_entries=1
verify "${DISKS[0]}" 4
log_out
