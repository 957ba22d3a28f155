#!/bin/bash
# what: RDS with a stock kernel's rds_rdma over rdma_rxe, both directions, IPv4 and IPv6, over our provider and over rdma_rxe: messages of 0 B to 1 MiB, RDMA read and write, congestion, a refused atomic, a peer that starts again
# kernels: uml-kasan
# mtu: 9000 1500
# timeout: 300
. "$SUITE/tests/interop/lib.sh"

load_suite rds rds_rdma
sync_point loaded

# stress PORT WHO-IS-ACTIVE ACTIVE-OPTION...
stress() {
	local port=$1 active=$2
	shift 2
	if [ "$ROLE" = "$active" ]; then
		sync_point "listening-$port"
		check timeout 60 rds-stress -r "$ME" -s "$PEER" -p "$port" -z -v "$@"
		expect_output 'active: [1-9][0-9]* messages'
	else
		start stress rds-stress -r "$ME" -p "$port" -z
		wait_for "listening stress" 20
		sync_point "listening-$port"
		finish stress
	fi
	sync_point "stressed-$port"
}

# talk WHO-IS-ACTIVE CASE... - with a server on the other side
talk() {
	local active=$1 step
	shift
	if [ "$ROLE" = "$active" ]; then
		sync_point "server-for-$active"
		for step in "$@" rdma-end; do
			check rdst "$ME" "$PEER" "$step"
		done
	else
		start server rdst "$ME" "$PEER" rdma-server
		wait_for "rds-info -a -k | grep ' 4999 '" 20
		sync_point "server-for-$active"
		finish server
	fi
	sync_point "talked-to-$active"
}

port=4000
# each_way_stress OPTIONS... - traffic in both directions
each_way_stress() {
	local active options
	for active in ours stock; do
		for options in "$@"; do
			# shellcheck disable=SC2086 # options
			stress $port $active $options
			port=$((port + 10))
		done
	done
}

for active in ours stock; do
	if [ "$ROLE" = $active ]; then
		check rds-ping -c 2 -i 2 -I "$ME" "$PEER"
	fi
	sync_point "pinged-by-$active"
	talk $active rdma-client
done
# Regions of the stock modules do not allow atomics: they can be read and written,
# and an atomic is answered by a NAK, remote access error. That breaks the
# connection, which they take down when the region is gone.
if [ "$ROLE" = ours ]; then
	sync_point region
	mark_log
	check rdst "$ME" "$PEER" rdma-refused-atomic
	log_has "sending failed: remote access error" || fail "no remote access error"
	sync_point refused
else
	start server rdst "$ME" "$PEER" rdma-server
	wait_for "rds-info -k | grep ' 4999 '" 20
	sync_point region
	sync_point refused
	stop server
fi
# Two requests at least are under way: RDMA is written for one, read for the next.
each_way_stress "-q 16 -d 4 -T 1" "-q 4096 -a 4097 -d 4 -t 2 -D 4096 -T 1" \
	"-q 1M -D 1M -d 2 -T 1"
check rds-info
expect_output "$ME +$PEER .*C infiniband"

say "IPv6"
v4=("$ME" "$PEER")
ME=$ME6 PEER=$PEER6
talk ours rdma-client/sizes
each_way_stress "-q 4096 -D 65536 -d 2 -T 1"
ME=${v4[0]} PEER=${v4[1]}

say "the peer starts again, and knows nothing any more"
[ "$ROLE" = ours ] || check modprobe -r rds_rdma rds
sync_point gone
[ "$ROLE" = ours ] || check modprobe -a rds rds_rdma
sync_point back
stress $port stock -q 4096 -d 4 -T 1
port=$((port + 10))

say "our modules on rdma_rxe"
if [ "$ROLE" = ours ]; then
	delete_link "$DEV"
	load_suite rdma_rxe
	link_type=rxe add_link rxe1 vec0
fi
sync_point rxe
talk ours rdma-client/sizes
each_way_stress "-q 4096 -a 4097 -d 4 -t 2 -D 65536 -T 1"

# The stock modules have not done with a device that goes while they are loaded.
[ "$ROLE" = ours ] || check modprobe -r rds_rdma rds
