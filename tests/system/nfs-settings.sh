#!/bin/bash
# what: NFS over RDMA: every sysctl of client and server: its default, its limits, what it changes; and the server's counters
# kernels: uml-kasan uml-leak stock
# timeout: 200
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libnfs.sh"

client=/proc/sys/sunrpc
server_side=$client/svc_rdma

# is FILE VALUE - it says so
is() {
	local value
	read -r value < "$1"
	[ "$value" = "$2" ] || fail "${1#"$client/"} is $value, not $2"
}

# set_to FILE VALUE - and it takes it
set_to() {
	echo "$2" > "$1" || fail "${1#"$client/"} does not take $2"
	is "$@"
}

# refuses FILE VALUE... - and stays what it is
refuses() {
	local file=$1 before value
	read -r before < "$file"
	for value in "${@:2}"; do
		! { echo "$value" > "$file"; } 2> /dev/null || fail "${file#"$client/"} takes $value"
		is "$file" "$before"
	done
}

# limits FILE DEFAULT LOW HIGH
limits() {
	say "${1#"$client/"}: $2, from $3 to $4"
	is "$1" "$2"
	refuses "$1" $(($3 - 1)) $(($4 + 1)) -1 4294967296 x
	set_to "$1" "$3"
	set_to "$1" "$4"
	set_to "$1" "$2"
}

# info NAME - what the RPC client says of the transport
info() {
	local line
	while IFS= read -r line; do
		[ "${line%%=*}" != "$1" ] || echo "${line#*=}"
	done < <(cat /sys/kernel/sunrpc/xprt-switches/*/xprt-*-rdma/xprt_info)
}

# moves BYTES inline|chunk inline|chunk - how data is written, and how it is read
moves() {
	local before
	xprt_stats
	before=("${stats[@]}")
	check dd if="$WORK/random" of="$mnt/file" bs="$1" count=1 oflag=direct conv=notrunc status=none
	check dd if="$mnt/file" of="$WORK/back" bs="$1" count=1 iflag=direct status=none
	check cmp -n "$1" "$WORK/random" "$WORK/back"
	xprt_stats
	moved writing "$1" "$2" $((stats[10] - before[10])) $((stats[15] - before[15]))
	moved reading "$1" "$3" $((stats[11] - before[11])) $((stats[16] - before[16]))
}

# moved WHAT BYTES inline|chunk SEGMENTS COPIED
moved() {
	say "$1 $2 bytes: $4 segments, $5 bytes copied"
	case $3 in
	inline)	[ "$4" -eq 0 ] && [ "$5" -ge "$2" ] || fail "$1 $2 bytes is not inline" ;;
	chunk)	[ "$4" -ge 1 ] && [ "$5" -lt "$2" ] || fail "$1 $2 bytes is inline" ;;
	esac
}

# round_trips - those of no kind of Call took longer than all of it
round_trips() {
	local calls
	calls=$(awk -v dir="$mnt" '
		$1 == "device" { here = $5 == dir; each = 0 }
		here && each && $2 > 0 { print $8 <= $9 ? "right" : "wrong", $0 }
		$1 == "per-op" { each = 1 }' /proc/self/mountstats)
	[[ $calls = *right* && $calls != *wrong* ]] || fail "round trips: $calls"
}

load_nfs
[ -e $client/rdma_slot_table_entries ] || skip "a kernel without CONFIG_SUNRPC_DEBUG"
limits $client/rdma_slot_table_entries 128 4 16384
limits $client/rdma_max_inline_read 4096 1024 65536
limits $client/rdma_max_inline_write 4096 1024 65536
limits $client/rdma_inline_write_padding 0 0 "$(getconf PAGESIZE)"
limits $client/rdma_memreg_strategy 5 0 6
is $client/rdma_pad_optimize 0
refuses $client/rdma_pad_optimize 4294967296 x
set_to $client/rdma_pad_optimize -2147483648
set_to $client/rdma_pad_optimize 0
limits $server_side/max_requests 64 4 16384
limits $server_side/max_req_size 4096 4096 65536
limits $server_side/max_outbound_read_requests 16 1 255
for name in rq_starve rq_poll rq_prod sq_poll sq_prod; do
	limits $server_side/rdma_stat_$name 0 0 0
done

one_link
start_nfsd
head -c 60000 /dev/urandom > "$WORK/random"
cp "$WORK/random" "$export_dir/file"

say "as they are"
mount_nfs 3
moves 2000 inline inline
moves 30000 chunk chunk
[ "$(info max_num_slots)" = 128 ] || fail "slots: $(info max_num_slots)"
[ "$(info cong_win)" = $((64 * 256)) ] || fail "credits: $(info cong_win)"
round_trips
for name in recv read write; do
	[ "$(< $server_side/rdma_stat_$name)" -gt 0 ] || fail "rdma_stat_$name counts nothing"
	echo 17 > $server_side/rdma_stat_$name
	is $server_side/rdma_stat_$name 0
done
echo 0 > $server_side/rdma_stat_sq_starve
is $server_side/rdma_stat_sq_starve 0
moves 30000 chunk chunk
for name in read write; do
	[ "$(< $server_side/rdma_stat_$name)" -ge 1 ] || fail "rdma_stat_$name does not count again"
done
[ "$(dd if=$server_side/rdma_stat_recv bs=1 status=none)" -ge 2 ] ||
	fail "not readable byte by byte: $(< $server_side/rdma_stat_recv)"
check umount "$mnt"

say "as small as can be"
set_to $client/rdma_slot_table_entries 4
set_to $client/rdma_max_inline_write 1024
mount_nfs 3
moves 2000 chunk inline
[ "$(info max_num_slots)" = 4 ] || fail "slots: $(info max_num_slots)"
[ "$(info cong_win)" = $((4 * 256)) ] || fail "credits: $(info cong_win)"
check umount "$mnt"
set_to $client/rdma_max_inline_write 4096
set_to $client/rdma_max_inline_read 1024
mount_nfs 3
moves 2000 inline chunk
check umount "$mnt"

say "the server's limits are smaller"
set_to $client/rdma_slot_table_entries 128
set_to $client/rdma_max_inline_read 65536
set_to $client/rdma_max_inline_write 65536
set_to $server_side/max_requests 8
mount_nfs 3
moves 2000 inline inline
moves 30000 chunk chunk
[ "$(info cong_win)" = $((8 * 256)) ] || fail "credits: $(info cong_win)"
check umount "$mnt"

say "as large as can be"
set_to $client/rdma_slot_table_entries 16384
set_to $server_side/max_req_size 65536
mount_nfs 3
moves 30000 inline inline
[ "$(info max_num_slots)" = 16384 ] || fail "slots: $(info max_num_slots)"
check umount "$mnt"

say "of no effect"
set_to $client/rdma_inline_write_padding 1000
set_to $client/rdma_memreg_strategy 0
set_to $client/rdma_pad_optimize 1
set_to $server_side/max_outbound_read_requests 1
mount_nfs 3
moves 30001 inline inline
check umount "$mnt"
