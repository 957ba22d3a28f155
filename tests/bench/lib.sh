# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154,SC2034 # WORK comes from lib.sh, ENDS is for the measurement
#
# What measurements have in common.  A measurement is a small bash script that
# tests/bench/guest runs inside a test kernel: its first word says what is
# measured (`rvt`: this suite, `rxe`: the kernel's own modules, ...), it makes
# everything, prints the line of JSON of one run of rbench, and takes everything
# down again, so that the next one finds the kernel as it was.

. "$SUITE/tests/system/lib.sh"

# bench_link TYPE NAME NETDEV
bench_link() { link_type=$1 add_link "$2" "$3"; }

# bench_provider rvt|rxe - loaded, until the end of the measurement
bench_provider() {
	local module=rvt_roce
	[ "$1" = rvt ] || module=rdma_rxe
	check modprobe "$module"
	defer "modprobe -r $module"
	check modprobe rdma_ucm
}

# bench_module SIDE MODULE - this suite's, or the kernel's own of the same name
bench_module() {
	local stock
	if [ "$1" = rvt ]; then
		check modprobe "$2"
		ours "$2" || fail "$2 is not this suite's"
	else
		stock=$(find "/lib/modules/$(uname -r)/kernel" -name "$2.ko*" -print -quit)
		[ -n "$stock" ] || fail "this kernel has no $2 of its own"
		check insmod "$stock"
	fi
	defer "rmmod $2"
}

# bench_one TYPE [MTU] - one device that talks to itself; $ENDS is for rbench
bench_one() {
	make_dummy d0
	check ip link set dev d0 mtu "${2:-9000}"
	check ip addr add 10.7.0.2/24 dev d0
	bench_link "$1" dev0 d0
	ENDS=(-d dev0 -a 10.7.0.1)
}

# bench_pair TYPE MTU - two devices on a cable, in one network namespace (stock
# rdma_rxe 6.1 knows no other), with routes that make packets to the host's own
# addresses take the cable
bench_pair() {
	make_veth_pair v0 v1 "" 7 "$2"
	check ip rule add pref 1000 lookup local
	check ip rule add pref 100 iif lo to 10.7.0.2 lookup 100
	check ip rule add pref 101 iif lo to 10.7.0.1 lookup 101
	check ip rule del pref 0
	defer "ip rule add pref 0 lookup local; ip rule del pref 100; ip rule del pref 101; ip rule del pref 1000"
	check ip route add 10.7.0.2 dev v0 src 10.7.0.1 table 100
	check ip route add 10.7.0.1 dev v1 src 10.7.0.2 table 101
	check ip neigh replace 10.7.0.2 dev v0 nud permanent lladdr "$(cat /sys/class/net/v1/address)"
	check ip neigh replace 10.7.0.1 dev v1 nud permanent lladdr "$(cat /sys/class/net/v0/address)"
	for dev in v0 v1; do
		echo 1 > /proc/sys/net/ipv4/conf/$dev/accept_local
	done
	bench_link "$1" dev0 v0
	bench_link "$1" dev1 v1
	ENDS=(-d dev0 -a 10.7.0.1 -D dev1 -A 10.7.0.2)
}

# bench_ends TYPE HOW - where the two ends are; $ENDS is for rbench
#
#   one            on one device
#   packets        on one device; this suite's takes no short cut
#   pair:MTU[:LOSS]  on two devices on one cable, which loses LOSS (as 1%) each way
bench_ends() {
	local how mtu loss
	IFS=: read -r how mtu loss <<< "$2"
	case $how in
	one)	bench_one "$1" ;;
	packets)
		bench_one "$1"
		[ "$1" = rxe ] || set_loopback dev0 0
		;;
	pair)
		bench_pair "$1" "$mtu"
		[ -n "$loss" ] || return 0
		netem v0 limit 100000 loss "$loss"
		netem v1 limit 100000 loss "$loss"
		;;
	esac
}

# measure CMD... - what it prints is the result
measure() {
	check "$@"
	printf '%s\n' "$OUTPUT"
}
