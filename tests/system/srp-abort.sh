#!/bin/bash
# what: SRP: a command is held in each state that it can be in, and there aborted, reset, and left by its session
# kernels: uml-kasan uml-leak
# timeout: 240
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"
command -v dmsetup > /dev/null || skip "no dmsetup"

# What holds a command where it is: a disk that is suspended; a network that loses
# the responses to RDMA READs; an initiator that takes no responses.
states=(new data_in need_data table cmd_rsp_sent mgmt mgmt_rsp_sent)

# held_disk - a block device that can be suspended; the backend is in $STORE
held_disk() {
	local loop
	truncate -s 4M "$WORK/disk.img"
	loop=$(losetup --find --show "$WORK/disk.img") || skip "no loop device"
	defer "losetup -d $loop"
	export DM_DISABLE_UDEV=1
	check dmsetup create held --table "0 8192 linear $loop 0"
	defer "dmsetup remove --retry held"
	STORE=$target/core/iblock_0/disk0
	mkdir -p "$STORE"
	write "udev_path=/dev/mapper/held" "$STORE/control"
	write 1 "$STORE/enable"
	defer "rmdir '$STORE' '${STORE%/*}'"
}

hold_disk() { dmsetup suspend held; }
release_disk() { dmsetup resume held; }
hold_reads() { tc qdisc change dev lo parent 1:4 handle 40: netem loss 100%; }
release_reads() { tc qdisc change dev lo parent 1:4 handle 40: netem loss 0%; }

tag=100
next_tag() { tag=$((tag + 1)); }

# A command without data is answered: what was sent before it has been taken in.
passed() {
	next_tag
	expect ok a tur $tag
	expect "$tag status 0 1" a reply
}

# bring STATE - a command of channel a is in it; its tag is in $held. What the
# channel's memory holds is written, or not.
bring() {
	echo > $tracing/trace
	expect ready a login
	expect ok a fill 5a
	next_tag
	held=$tag
	case $1 in
	new)
		hold_disk
		expect ok a read $held
		passed
		;;
	data_in)
		hold_disk
		expect ok a write $held
		wait_for "was_in $held data_in"
		passed
		;;
	need_data)
		expect ok a fill 77
		hold_reads
		expect ok a write $held
		wait_for "was_in $held need_data"
		;;
	table)
		hold_reads
		expect ok a table $held
		wait_for "was_in $held need_data"
		;;
	cmd_rsp_sent)
		expect ok a dry tur $held
		wait_for "was_in $held cmd_rsp_sent"
		;;
	mgmt)
		hold_disk
		expect ok a read $held
		next_tag
		expect ok a abort $tag $held
		held=$tag
		wait_for "was_in $held mgmt"
		passed
		;;
	mgmt_rsp_sent)
		expect ok a dry abort $held fff
		wait_for "was_in $held mgmt_rsp_sent"
		;;
	esac
}

# let_go STATE - whatever held it
let_go() {
	case $1 in
	new | data_in | table | mgmt)	release_disk ;;
	need_data)		release_reads ;;
	*_rsp_sent)		expect ok a recv ;;
	esac
}

# The channel works, and no credit is lost; there may be a unit attention.
settled() {
	next_tag
	expect ok "$1" tur $tag
	step "$1" reply
	if [ "$ANSWER" = "$tag status 2 1" ]; then
		expect ok "$1" tur $tag
		step "$1" reply
	fi
	[ "$ANSWER" = "$tag status 0 1" ] || fail "channel $1: $ANSWER"
	expect 128 "$1" credits
}

# leave CHANNEL - it has come to its end on its own
leave() {
	settled "$1"
	expect ok "$1" leave
	wait_for no_sessions 60
	was_in $held 'done' || fail "$held is not done"
}

# What becomes of it: ANSWER..., in that order; $held and $by are its tag and that
# of what has ended it.
answers() {
	local answer
	for answer; do
		expect "$answer" a reply
	done
}

ended() {
	local state=$1 what=$2
	say "$state: $what"
	bring "$state"
	next_tag
	by=$tag
	case $state-$what in
	*_rsp_sent-*)
		expect ok a dry "$what" $by $held
		wait_for "was_in $by mgmt_rsp_sent"
		expect ok a recv
		;;
	table-*)
		# It waits until the core knows what it is about, and then for that.
		expect ok a "$what" $by $held
		pause 0.2
		! was_in $by new || fail "it has overtaken the command"
		hold_disk
		release_reads
		wait_for "was_in $by mgmt"
		waits a
		;;
	mgmt-abort)
		# It will not wait.
		expect ok a "$what" $by $held
		;;
	*)
		expect ok a "$what" $by $held
		waits a
		;;
	esac
}

# Task management is work that the core queues, and one processor does in that
# order: when another LUN's is done, the one before waits for what it has aborted.
waits() {
	next_tag
	expect ok "$1" probe $tag
	expect "$tag function 5 1" "$1" reply
}

aborted() {
	local state=$1
	ended "$state" abort
	case $state in
	new | data_in | need_data | table)
		let_go "$state"
		answers "$by function 0 2"
		;;
	cmd_rsp_sent)
		let_go "$state"
		answers "$held status 0 1" "$by function 5 1"
		;;
	mgmt)
		# No task, so it goes on, too.
		answers "$by function 5 1"
		let_go mgmt
		answers "$held function 0 2"
		;;
	mgmt_rsp_sent)
		let_go "$state"
		answers "$held function 5 1" "$by function 5 1"
		;;
	esac
	case $state in
	new | table)	expect 5a a data ;;
	need_data)	not_written ;;
	esac
	leave a
}

not_written() {
	next_tag
	expect ok a read $tag
	expect "$tag status 0 1" a reply
	step a data
	[ "$ANSWER" != 77 ] || fail "what was aborted has been written"
}

# The same with a LUN reset, which the initiator itself has asked for.
reset() {
	local state=$1
	ended "$state" reset
	case $state in
	new | data_in | need_data | table)
		let_go "$state"
		answers "$by function 0 2"
		;;
	cmd_rsp_sent)
		let_go "$state"
		answers "$held status 0 1" "$by function 0 1"
		;;
	mgmt)
		# Both the function and the command that it was to abort
		let_go mgmt
		answers "$by function 0 3"
		;;
	mgmt_rsp_sent)
		let_go "$state"
		answers "$held function 5 1" "$by function 0 1"
		;;
	esac
	leave a
}

# By another initiator: then there is a response.
reset_by_another() {
	local state=$1
	say "$state: reset by another"
	bring "$state"
	expect ready b login
	next_tag
	by=$tag
	expect ok b reset $by
	waits b
	let_go "$state"
	answers "$held status 40 1"
	expect "$by function 0 1" b reply
	settled b
	expect ok b leave
	leave a
}

# The initiator leaves. What is in the backend has to come back first.
left() {
	local state=$1
	say "$state: left"
	bring "$state"
	expect ok a leave
	gone "$state" no_sessions
}

acl_goes() {
	local state=$1
	say "$state: the ACL goes"
	bring "$state"
	start dropper drop_acl "$tpg/acls/$client"
	expect ok a closed
	gone "$state" "! running dropper"
	finish dropper
	no_sessions || fail "$(sessions) channels without an ACL"
	add_acl "$client"
}

# The target has begun to end the channel.
ending() { [[ $(< $tracing/trace) = *"live -> disconnecting"* ]]; }

# gone STATE CONDITION - which is not true as long as the backend has a command
gone() {
	case $1 in
	new | data_in | mgmt)
		wait_for ending
		pause 0.2
		! eval "$2" || fail "the session ended before its commands"
		let_go "$1"
		;;
	esac
	wait_for "$2" 60
	case $1 in
	need_data | table) release_reads ;;
	esac
	was_in $held 'done' || fail "$held is not done"
}

objects() { rdma resource show link0 | sed 's/ cq [0-9]*//'; }
as_before() { [ "$(objects)" = "$before" ]; }

load_suite rvt_roce ib_srpt
one_link
set_loopback link0 0
filter_reads
held_disk
STORES=("$STORE")
ramdisk disk1 1
STORES+=("$STORE")
serve_srp link0
trace_states
start_steps
# It keeps what a program has of the device.
expect ready a login
expect ok a leave
wait_for no_sessions
before=$(objects)

for state in "${states[@]}"; do
	aborted "$state"
	reset "$state"
	left "$state"
	acl_goes "$state"
done
for state in new data_in need_data; do
	reset_by_another "$state"
done

say "done"
expect ready a login
passed
held=$tag
next_tag
expect ok a abort $tag $held
expect "$tag function 5 1" a reply
leave a
wait_for as_before 30
