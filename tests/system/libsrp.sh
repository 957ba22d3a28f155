# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # WORK comes from lib.sh
#
# What SRP scenarios have in common; read after lib.sh.
#
# The target is configured as targetcli would, in configfs. Initiator is the
# kernel's own ib_srp, which logs in through the RDMA CM.

target=/sys/kernel/config/target
srp_port=5555
: "${server:=10.7.0.2}" "${client:=10.7.0.1}"

# load_srp - target, initiator and the provider under test
load_srp() {
	case $link_type in
	rvt) load_suite rvt_roce ib_srpt ;;
	rxe) load_suite rdma_rxe ib_srpt ;;
	esac
	check modprobe -a sd_mod sg
	check modprobe ib_srp "$@"
}

# write TEXT FILE - echo, whose failure is a failure
write() { printf '%s\n' "$1" > "$2" || fail "cannot write '$1' to $2"; }

# guid - name of the controller
service_guid() { sed 's/^0x//' /sys/module/ib_srpt/parameters/srpt_service_guid; }

# gid_name DEV - what the first port of a device is called in configfs
gid_name() { echo "0x$(sed 's/://g' "/sys/class/infiniband/$1/ports/1/gids/0")"; }

# i_port_id DEV [EXT] - name of the initiator on a device
i_port_id() {
	local gid
	gid=$(sed 's/://g' "/sys/class/infiniband/$1/ports/1/gids/0")
	echo "0x${2:-0000000000000000}${gid:16}"
}

# ramdisk NAME MIB - a block device of the target core; the path is in $STORE
ramdisk() {
	STORE=$target/core/rd_mcp_0/$1
	mkdir -p "$STORE"
	write "rd_pages=$(($2 * 256))" "$STORE/control"
	write "serial-$1" "$STORE/wwn/vpd_unit_serial"
	write 1 "$STORE/enable"
	defer "rmdir '$STORE' && rmdir --ignore-fail-on-non-empty '${STORE%/*}'"
}

# file_disk NAME MIB - the same, in a file
file_disk() {
	STORE=$target/core/fileio_0/$1
	mkdir -p "$STORE"
	truncate -s "$2M" "$WORK/$1.img"
	write "fd_dev_name=$WORK/$1.img,fd_dev_size=$(($2 << 20)),fd_buffered_io=1" "$STORE/control"
	write "serial-$1" "$STORE/wwn/vpd_unit_serial"
	write 1 "$STORE/enable"
	defer "rmdir '$STORE' && rmdir --ignore-fail-on-non-empty '${STORE%/*}'"
}

# make_tpg DEV - directories of the device's port, in $tpg
make_tpg() {
	local name
	name=$(gid_name "$1")
	[ -d $target/srpt ] || { check mkdir $target/srpt; defer "rmdir $target/srpt"; }
	check mkdir "$target/srpt/$name"
	defer "rmdir $target/srpt/$name"
	tpg=$target/srpt/$name/$name
	check mkdir "$tpg"
	defer "rmdir $tpg"
}

# add_lun N STORE
add_lun() {
	mkdir "$tpg/lun/lun_$1"
	ln -s "$2" "$tpg/lun/lun_$1/store"
	defer "rm $tpg/lun/lun_$1/store && rmdir $tpg/lun/lun_$1"
}

# add_acl NAME - it sees all LUNs
add_acl() {
	local lun acl=$tpg/acls/$1
	check mkdir "$acl"
	defer "drop_acl '$acl'"
	for lun in "$tpg"/lun/lun_*; do
		[ -d "$acl/${lun##*/}" ] || mkdir "$acl/${lun##*/}"
		ln -s "$lun" "$acl/${lun##*/}/lun"
	done
}

# drop_acl PATH
drop_acl() {
	local lun
	[ -d "$1" ] || return 0
	for lun in "$1"/lun_*; do
		rm "$lun/lun"
		rmdir "$lun"
	done
	rmdir "$1"
}

listen_srp() {
	write $srp_port $target/srpt/discovery_auth/rdma_cm_port
	defer "echo 0 > $target/srpt/discovery_auth/rdma_cm_port"
}

enable_tpg() {
	write 1 "$tpg/enable"
	defer "echo 0 > $tpg/enable"
}

# serve_srp DEV [ACL] - a port with what STORES lists (default: a ramdisk)
serve_srp() {
	local n=0 store
	[ ${#STORES[@]} -gt 0 ] || { ramdisk disk0 16; STORES=("$STORE"); }
	make_tpg "$1"
	for store in "${STORES[@]}"; do
		add_lun $((n++)) "$store"
	done
	add_acl "${2:-$client}"
	enable_tpg
	[ "$(cat $target/srpt/discovery_auth/rdma_cm_port)" = $srp_port ] || listen_srp
}
STORES=()

# login_line [OPTION...] - for add_target
login_line() {
	local guid
	guid=$(service_guid)
	(IFS=,; echo "id_ext=$guid,ioc_guid=$guid,dest=$server:$srp_port,src=$client${*:+,$*}")
}

try_login() { printf '%s\n' "$1" > "$2"; }

# log_in DEV [OPTION...] - its disks, by LUN, are in $DISKS
log_in() {
	local dev=$1 before
	shift
	before=$(echo /sys/class/scsi_host/host*)
	printf '+ log in: %s\n' "$(login_line "$@")"
	# ib_srp takes its time to forget a target that it has left.
	wait_for "try_login '$(login_line "$@")' /sys/class/infiniband_srp/srp-$dev-1/add_target" 30
	host=
	for host in /sys/class/scsi_host/host*; do
		[[ " $before " = *" $host "* ]] || break
	done
	host=${host##*/}
	wait_for "find_disks" 30
	printf '  %s: %s\n' "$host" "${DISKS[*]}"
}

# as many as there are LUNs
find_disks() {
	local block
	DISKS=()
	for block in "/sys/class/scsi_host/$host/device"/target*/*/block/sd*; do
		[ -e "$block" ] || return 1
		DISKS+=("/dev/${block##*/}")
	done
	[ ${#DISKS[@]} -ge ${#STORES[@]} ] && [ -b "${DISKS[-1]}" ]
}

# log_out [HOST] - all of them, or one
log_out() {
	local port
	for port in /sys/class/srp_remote_ports/port-"${1:+${1#host}:}"*; do
		[ -e "$port" ] || continue
		write 1 "$port/delete"
	done
	wait_for "! ls -d /sys/class/srp_remote_ports/port-${1:+${1#host}:}*" 60
}

# sessions - how many channels the target has, over all ACLs
sessions() { cat $target/srpt/0x*/*/acls/*/info 2> /dev/null | grep -c '^CID:' || :; }

no_sessions() { [ "$(sessions)" = 0 ]; }

# ib_cm_initiator [PARAMETER=VALUE...] - one that uses the IB CM, and checks what it
# gets: see tests/kunit/srpt/ib_cm_test.c
ib_cm_initiator() {
	local report
	check dmesg -C
	check modprobe srpt_ib_cm_test guid="0x$(service_guid)" "$@"
	check modprobe -r srpt_ib_cm_test
	report=$(dmesg)
	[[ $report =~ \]\ ok\ [0-9]+\ (-\ )?srpt-ib-cm ]] || fail "$report"
	wait_for no_sessions 60
}

# start_steps - an initiator that does a step at a time: see tests/srp/stepsrp.c
start_steps() {
	check modprobe rdma_ucm
	mkfifo "$WORK/ask" "$WORK/answer"
	start steps sh -c "exec stepsrp $server $client $(service_guid) < $WORK/ask > $WORK/answer"
	exec {steps_ask}> "$WORK/ask" {steps_answer}< "$WORK/answer"
}

# step STEP... - its answer is in $ANSWER
step() {
	printf '%s\n' "$*" >&"$steps_ask"
	IFS= read -r ANSWER <&"$steps_answer" || fail "'$*': $(cat "$WORK/steps.log")"
	printf '  %-24s %s\n' "$*" "$ANSWER"
}

# expect ANSWER STEP...
expect() {
	local want=$1
	shift
	step "$@"
	[ "$ANSWER" = "$want" ] || fail "'$*': '$ANSWER', not '$want'"
}

tracing=/sys/kernel/tracing

# trace_states - from now on; skips where that cannot be
trace_states() {
	mountpoint -q $tracing || mount -t tracefs none $tracing 2> /dev/null || :
	[ -d $tracing/events/ib_srpt ] || skip "this kernel has no trace events"
	echo > $tracing/trace
	write 1 $tracing/events/ib_srpt/enable
	defer "echo 0 > $tracing/events/ib_srpt/enable"
}

# was_in TAG STATE - a command has come into that state
was_in() { [[ $(< $tracing/trace) =~ \ tag\ 0x$1\ [a-z_]+\ -\>\ $2 ]]; }

# Let READ responses on lo go through a netem of their own, which "tc qdisc change" can
# stop. RoCE: the opcode of an RDMA READ response that is one packet follows 28 bytes of
# headers.
filter_reads() {
	check tc qdisc add dev lo root handle 1: prio bands 4
	defer "tc qdisc del dev lo root"
	check tc qdisc add dev lo parent 1:4 handle 40: netem loss 0%
	check tc filter add dev lo parent 1: protocol ip u32 match ip protocol 17 0xff \
		match ip dport 4791 0xffff match u8 0x10 0xff at 28 flowid 1:4
}
