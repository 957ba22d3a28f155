# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What scenarios are written with.  A scenario is a small bash script which runs
# as root inside a test kernel (see tests/kernel/guest-init) and begins:
#
#	#!/bin/bash
#	# what: one line that says what is shown to work
#	# kernels: uml-kasan uml-leak stock	(where `make check` runs it)
#	# timeout: 60				(seconds, the boot included)
#	# expect-log: REGEX			(a kernel line that is no failure)
#	# expect-leak: REGEX			(in a kmemleak report that is none)
#	# append: WORD...			(for the command line of a UML kernel)
#	. "$SUITE/tests/system/lib.sh"
#
# It passes when it gets to its end.  Any command that fails ends it; so do
# fail and a failed check, with an explanation, and skip, with a reason.
# However it ends, what it has made is taken down again in reverse order.
#
# Addresses: network 7 is 10.7.0.0/24 and fd07::/64, 8 likewise.  /etc/hosts has
# names for hosts 1 to 3 of both.

set -eEuo pipefail

EXIT_SKIP=4

# The provider under test; `link_type=rxe` runs a scenario on the stock one.
: "${link_type:=rvt}"

# A factor for the time that a single step may take; tests/runner/guest.py sets it.
: "${PATIENCE:=1}"

# A fork costs some 30 ms in a UML kernel with KASAN, which is why the words that
# are used most get by with what bash has built in.
WORK=/tmp/scenario.$$
mkdir "$WORK"
deferred=()

say() { printf '%s\n' "- $*"; }

# Also out of a condition of wait_for, whose output nobody wants to see.
exec {errors}>&2

fail() {
	local text=$*
	# each line marked, so that the report has them all
	printf '%s\n' "FAILED: ${text//$'\n'/$'\n'FAILED:   }" >&$errors
	exit 1
}

skip() {
	printf '%s\n' "SKIPPED: $*" >&2
	exit $EXIT_SKIP
}

# Commands for the end, last in, first out.
defer() { deferred+=("$*"); }

cleanup() {
	local status=$? index
	trap - EXIT ERR
	set +e
	[ $status -eq 0 ] || [ $status -eq $EXIT_SKIP ] || show_state
	for ((index = ${#deferred[@]} - 1; index >= 0; index--)); do
		eval "${deferred[index]}" || {
			say "clean-up failed: ${deferred[index]}"
			[ $status -ne 0 ] || status=1
		}
	done
	rm -rf "$WORK"
	exit $status
}

# What one wants to have seen after a failure.
show_state() {
	local log
	for log in "$WORK"/*.log; do
		[ -s "$log" ] || continue
		echo "--- ${log##*/}"
		tail -n 40 "$log"
	done
	echo "--- end of the kernel log"
	dmesg | tail -n 15
}

trap cleanup EXIT
trap 'printf "FAILED: line %s: %s\n" "$LINENO" "$BASH_COMMAND" >&2' ERR

# ---------------------------------------------------------------- commands

# run_quietly CMD... - output in $OUTPUT, exit status in $STATUS
run_quietly() {
	STATUS=0
	"$@" > "$WORK/output" 2>&1 || STATUS=$?
	IFS= read -r -d '' OUTPUT < "$WORK/output" || :
	while [[ $OUTPUT = *$'\n' ]]; do
		OUTPUT=${OUTPUT%$'\n'}
	done
}

# check CMD... - must succeed; its output is in $OUTPUT
check() {
	printf '+ %s\n' "$*"
	run_quietly "$@"
	[ $STATUS -eq 0 ] || fail "exit status $STATUS from: $*"$'\n'"$OUTPUT"
}

# expect_fail CMD... - must fail, but not by a signal; output in $OUTPUT
expect_fail() {
	printf '! %s\n' "$*"
	run_quietly "$@"
	[ $STATUS -ne 0 ] || fail "succeeded, and must not: $*"$'\n'"$OUTPUT"
	[ $STATUS -lt 126 ] || fail "exit status $STATUS from: $*"$'\n'"$OUTPUT"
}

# expect_output REGEX - the last command's output has a matching line
expect_output() {
	grep -qE -- "$1" <<< "$OUTPUT" || fail "no '$1' in:"$'\n'"$OUTPUT"
}

# within SECONDS CMD... - must end in time, whatever it says; status in $STATUS
within() {
	local begin=${EPOCHREALTIME/[.,]/} seconds=$(($1 * PATIENCE))
	printf '~ %s\n' "${*:2}"
	run_quietly timeout -s KILL $seconds "${@:2}"
	[ "$STATUS" -lt 124 ] || fail "not done within $seconds s: ${*:2}"$'\n'"$OUTPUT"
	say "after $(((${EPOCHREALTIME/[.,]/} - begin) / 1000)) ms: $STATUS"
}

exec {never}<> <(:)

# pause SECONDS - sleep
pause() { read -r -t "$1" -u "$never" || :; }

# wait_for CONDITION [SECONDS] - CONDITION is shell text; look until it is true,
# less often after a second: a look may cost more than what is waited for
wait_for() {
	local seconds=$((${2:-30} * PATIENCE)) deadline tries
	deadline=$((SECONDS + seconds))
	for ((tries = 0; ; tries++)); do
		! eval "$1" > /dev/null 2>&1 || return 0
		[ $SECONDS -le $deadline ] || fail "still not so after $seconds s: $1"
		pause 0.$((tries < 10 ? 1 : 3))
	done
}

# start NAME CMD... - in the background; its output goes to $WORK/NAME.log
start() {
	local name=$1
	shift
	printf '& %s\n' "$*"
	# whoever looks must not find what the last one of that name has said
	: > "$WORK/$name.log"
	"$@" > "$WORK/$name.log" 2>&1 < /dev/null &
	eval "pid_$name=$!"
	defer "stop $name"
}

# stop NAME - end it, if it has not ended by itself
stop() {
	local variable=pid_$1 tries
	local pid=${!variable:-}
	[ -n "$pid" ] || return 0
	kill "$pid" 2> /dev/null || :
	for ((tries = 0; tries < 50; tries++)); do
		running "$1" || break
		pause 0.1
	done
	kill -9 "$pid" 2> /dev/null || :
	wait "$pid" 2> /dev/null || :
	eval "$variable="
}

# finish NAME - wait for its end, which must be a success
finish() {
	local variable=pid_$1 status=0
	wait "${!variable}" || status=$?
	eval "$variable="
	[ $status -eq 0 ] || fail "exit status $status from $1:"$'\n'"$(cat "$WORK/$1.log")"
}

# running NAME - it has not ended.  The shell cannot be asked: now and then it
# does not notice the end of a child as long as it only waits for time to pass.
running() {
	local variable=pid_$1 stat
	[ -n "${!variable:-}" ] || return 1
	read -r stat 2> /dev/null < "/proc/${!variable}/stat" || return 1
	[[ ${stat##*) } != Z* ]]
}

# asleep NAME - it waits for something
asleep() {
	local variable=pid_$1 stat
	read -r stat 2> /dev/null < "/proc/${!variable}/stat" || return 1
	[[ ${stat##*) } = [SD]* ]]
}

# listening NAME [NETNS] - it waits for connections: on TCP, or with the RDMA
# connection manager
listening() {
	local variable=pid_$1 pids pid waiting
	running "$1" || fail "$1 ended too early:"$'\n'"$(cat "$WORK/$1.log")"
	pids=("${!variable}")
	add_children "${!variable}"
	waiting=$(rdma resource show cm_id; in_netns "${2:-}" ss -ltnpH)
	for pid in "${pids[@]}"; do
		[[ $waiting =~ "state LISTEN "[^$'\n']*" pid $pid " ]] && return
		[[ $waiting = *"pid=$pid,"* ]] && return
	done
	return 1
}

# add_children PID - and theirs, to $pids
add_children() {
	local file line state parent
	for file in /proc/[0-9]*/stat; do
		read -r line < "$file" || continue
		read -r state parent line <<< "${line##*) }"
		[ "$parent" = "$1" ] || continue
		file=${file#/proc/}
		pids+=("${file%/stat}")
		add_children "${file%/stat}"
	done 2> /dev/null
}

# run_pair SERVER CLIENT [NETNS_OF_CLIENT] - both shell text; both must succeed
run_pair() {
	start server bash -c "exec $1"
	wait_for "listening server" 20
	check in_netns "${3:-}" bash -c "$2"
	finish server
}

# payload_right NAME - what a ping-pong with -c, which serves, has received; it says
# what was wrong, but ends as if all were right
payload_right() {
	! grep -i 'invalid data' "$WORK/$1.log" || fail "wrong payload"
}

# faults_in_silence - let /proc/PID/fail-nth fail allocations of every kind, and
# the kernel log not tell of each
faults_in_silence() {
	local kind
	[ -w /proc/self/fail-nth ] || skip "a kernel without fault injection"
	for kind in failslab fail_page_alloc fail_usercopy; do
		echo 0 > /sys/kernel/debug/$kind/verbose
	done
	for kind in failslab fail_page_alloc; do
		echo N > /sys/kernel/debug/$kind/ignore-gfp-wait
	done
	echo 0 > /sys/kernel/debug/fail_page_alloc/min-order
}

# ---------------------------------------------------------------- files

# write_tree DIR FILES BIG_MIB - files of $tree_sizes bytes, symbolic links, and
# a big file
write_tree() {
	python3 - "$@" "$tree_sizes" <<-'END'
	import os, random, sys
	root, files, big = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
	sizes = [int(size) for size in sys.argv[4].split()]
	random.seed(9)
	for i in range(files):
	    directory = os.path.join(root, f"d{i % 7}", f"e{i % 3}")
	    os.makedirs(directory, exist_ok=True)
	    with open(os.path.join(directory, f"file-{i}"), "wb") as file:
	        file.write(random.randbytes(sizes[i % len(sizes)]))
	    os.symlink("x" * (1 + i * 37 % 900), os.path.join(directory, f"link-{i}"))
	with open(os.path.join(root, "big"), "wb") as file:
	    for _ in range(big):
	        file.write(random.randbytes(1 << 20))
	END
}

# sums_of DIR - of all files, and what symbolic links say
sums_of() {
	(cd "$1" && find . -type f -print0 | sort -z | xargs -0 -r sha256sum &&
		find . -type l -printf '%p -> %l\n' | sort)
}

# same_as DIR SUMS - everything is there, and is what it should be
same_as() {
	sums_of "$1" > "$WORK/sums-there"
	check diff "$2" "$WORK/sums-there"
}

# verify DISK MIB - what is written is what is read
verify() {
	check dd if=/dev/urandom of="$WORK/data" bs=1M count="$2" status=none
	check dd if="$WORK/data" of="$1" bs=64k oflag=direct status=none
	check dd if="$1" of="$WORK/back" bs=128k iflag=direct count=$(($2 * 8)) status=none
	check cmp "$WORK/data" "$WORK/back"
}

# ---------------------------------------------------------------- modules

# load_suite [MODULE...] - what is loaded is unloaded after the scenario, by
# tests/kernel/guest-check, and has to let itself be unloaded
load_suite() {
	local module
	for module in "${@:-rvt_roce}"; do
		check modprobe "$module"
	done
}

# unload_suite - here and now, users first
unload_suite() {
	local module
	for module in 9pnet_rdma rpcrdma ib_srpt rds_rdma rds rvt_roce rdmavt; do
		[ ! -d "/sys/module/$module" ] || check modprobe -r "$module"
	done
}

ours() {
	case $(modinfo -n "$1") in
	*/updates/*) return 0 ;;
	esac
	return 1
}

# ---------------------------------------------------------------- network

# in_netns NETNS CMD... - '' is the initial one
in_netns() {
	if [ -n "$1" ]; then
		ip netns exec "$@"
	else
		"${@:2}"
	fi
}

make_netns() {
	check ip netns add "$1"
	defer "ip netns delete $1"
	check ip -n "$1" link set lo up
}

# make_veth_pair A B [NETNS_OF_B [NETWORK [MTU]]] - up, with the addresses of
# hosts 1 and 2 of network 7 or NETWORK
make_veth_pair() {
	local a=$1 b=$2 netns=${3:-} network=${4:-7} mtu=${5:-1500}
	check ip link add "$a" mtu "$mtu" type veth peer name "$b" mtu "$mtu"
	defer "! ip link show dev $a > /dev/null 2>&1 || ip link delete dev $a"
	[ -z "$netns" ] || check ip link set dev "$b" netns "$netns"
	set_up "$a" "10.$network.0.1/24" "fd0$network::1/64"
	set_up "$b" "10.$network.0.2/24" "fd0$network::2/64" "$netns"
	wait_for "netdev_up $a"
}

netdev_up() {
	local state
	read -r state < "/sys/class/net/$1/operstate"
	[ "$state" = up ]
}

# make_dummy DEV [NETWORK] - up, with the addresses of host 1
make_dummy() {
	local network=${2:-7}
	check ip link add "$1" type dummy
	defer "! ip link show dev $1 > /dev/null 2>&1 || ip link delete dev $1"
	set_up "$1" "10.$network.0.1/24" "fd0$network::1/64"
}

# set_up DEV IPV4 IPV6 [NETNS]
set_up() {
	check ip ${4:+-n "$4"} -batch - <<-END
		addr add $2 dev $1
		addr add $3 dev $1 nodad
		link set dev $1 up
	END
}

# netem DEV loss 1% ... | netem DEV off
netem() {
	if [ "$2" = off ]; then
		check tc qdisc del dev "$1" root
	else
		check tc qdisc replace dev "$1" root netem "${@:2}"
	fi
}

# ---------------------------------------------------------------- RDMA

# add_link NAME NETDEV [NETNS] - and wait until it can be used
add_link() {
	local netns=${3:-}
	check in_netns "$netns" rdma link add "$1" type "$link_type" netdev "$2"
	defer "! rdma link show $1/1 > /dev/null 2>&1 || rdma link delete $1"
	wait_for "link_active $1"
}

# one_link [NETWORK [NAME]] - a device that reaches itself, on hosts 1 and 2; the
# interface of link0 is d0
one_link() {
	local network=${1:-7} name=${2:-link0}
	local dev=d${name##*[a-z]}
	make_dummy "$dev" "$network"
	ip addr add "10.$network.0.2/24" dev "$dev"
	ip addr add "fd0$network::2/64" dev "$dev" nodad
	add_link "$name" "$dev"
}

link_active() {
	local state
	read -r state < "/sys/class/infiniband/$1/ports/1/state"
	[[ $state = *ACTIVE* ]]
}

delete_link() { check rdma link delete "$1"; }

# counter DEV NAME - one of the port's hardware counters
counter() { cat "/sys/class/infiniband/$1/ports/1/hw_counters/$2"; }

# set_loopback DEV 0|1 - may traffic from the device to itself take the short cut?
set_loopback() { echo "$2" > "/sys/class/infiniband/$1/loopback"; }

# The 16 bytes of an address as sysfs prints a GID.  (Python would take longer to
# start than most tests run.)
gid_of() {
	local head tail byte
	if [[ $1 = *.* ]]; then
		IFS=. read -r -a byte <<< "$1"
		printf '0000:0000:0000:0000:0000:ffff:%02x%02x:%02x%02x\n' "${byte[@]}"
		return
	fi
	IFS=: read -r -a head <<< "${1%%::*}"
	IFS=: read -r -a tail <<< "${1#*::}"
	[[ $1 = *::* ]] || tail=()
	while [ $((${#head[@]} + ${#tail[@]})) -lt 8 ]; do
		head+=(0)
	done
	printf '%04x:%04x:%04x:%04x:%04x:%04x:%04x:%04x\n' \
		"${head[@]/#/0x}" "${tail[@]/#/0x}"
}

# gid_index DEV ADDRESS - index of the RoCE v2 GID made from ADDRESS
gid_index() {
	local port=/sys/class/infiniband/$1/ports/1 path
	for path in $(grep -slx "$(gid_of "$2")" "$port"/gids/*); do
		grep -qsx "RoCE v2" "$port/gid_attrs/types/${path##*/}" || continue
		echo "${path##*/}"
		return
	done
	return 1
}

# ---------------------------------------------------------------- kernel log

# mark_log - log_has looks only at what comes after
mark_log() {
	log_mark="mark $RANDOM$RANDOM"
	echo "<6>rvt-harness: $log_mark" > /dev/kmsg
}

# log_has REGEX - in the kernel log since mark_log, or since the boot.  Not `grep -q`,
# here and wherever else there is a pipe: it leaves at the first match, and pipefail
# makes a failure of what that does to the program which still writes.
log_has() {
	dmesg | sed "0,/${log_mark:-rvt-harness: start}/d" | grep -E -- "$1" > /dev/null
}
