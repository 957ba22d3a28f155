# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # WORK comes from lib.sh
#
# What 9P scenarios have in common; read after lib.sh.
#
# A server is diod on a TCP port of the host itself, and the gateway before it,
# on address $server.  Both see $WORK/export.

: "${server:=10.7.0.2}"
export_dir=$WORK/export
mnt=$WORK/mnt
mkdir -p "$export_dir" "$mnt"

# around what one message has
# shellcheck disable=SC2034 # for write_tree
tree_sizes="0 1 511 4071 4072 4073 4096 8168 8169 65511 65512 65513 131048 200000"

# load_9p - the transport under test and the provider
load_9p() {
	case $link_type in
	rvt) load_suite rvt_roce 9pnet_rdma ;;
	rxe) load_suite rdma_rxe 9pnet_rdma ;;
	esac
	# autoloading would look outside of this root
	check modprobe rdma_ucm
}

start_diod() {
	start diod diod -f -n -N -e "$export_dir" -l 127.0.0.1:5641 -S -U root -L stderr
	wait_for "ss -ltnH sport = 5641 | grep LISTEN"
}

# start_gateway [OPTION...]
start_gateway() {
	rm -f "$WORK/gateway.log"
	start gateway rdma9p -v --to tcp:127.0.0.1:5641 --listen "$server" "$@"
	wait_for "running gateway && grep -q 'listening on' $WORK/gateway.log"
}

serve_9p() {
	start_diod
	start_gateway "$@"
}

# start_badserver [MSIZE]
start_badserver() {
	rm -f "$WORK/badserver.log"
	start badserver badserver9p "$server" 5640 "${1:-65536}"
	wait_for "running badserver && grep -q listening $WORK/badserver.log"
}

# mount_9p [OPTIONS [DIRECTORY [ADDRESS]]] - $check may be expect_fail
mount_9p() {
	local dir=${2:-$mnt}
	mkdir -p "$dir"
	"${check:-check}" mount -t 9p -o \
		"trans=rdma,aname=$export_dir,version=9p2000.L,uname=root${1:+,$1}" \
		"${3:-$server}" "$dir"
	[ "${check:-check}" != check ] ||
		defer "! grep -q ' $dir 9p ' /proc/mounts || timeout 60 umount '$dir' || umount -fl '$dir'"
}

# fails_to_mount LOG_REGEX OPTIONS [ADDRESS [MESSAGE]] - with a line in the log
fails_to_mount() {
	mark_log
	check=expect_fail mount_9p "$2" "$mnt" "${3:-$server}"
	[ -z "${4:-}" ] || expect_output "$4"
	log_has "9pnet_rdma: .*$1" || fail "no '$1' in the kernel log"
}

# options_of DIR - the transport's part of its line in /proc/mounts
options_of() {
	awk -v dir="$1" '$2 == dir && $3 == "9p" { print $4 }' /proc/mounts |
		sed 's/.*trans=rdma//'
}
