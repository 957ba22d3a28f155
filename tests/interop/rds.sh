#!/bin/bash
# what: RDS with a stock kernel's rds_rdma over rdma_rxe, both directions: messages to 1 MiB, RDMA read and write, pings
# kernels: uml-kasan
# mtu: 9000 1500
# timeout: 240
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

port=4000
for active in ours stock; do
	if [ "$ROLE" = $active ]; then
		check rds-ping -c 3 -i 2 -I "$ME" "$PEER"
	fi
	sync_point "pinged-by-$active"
	for options in "-q 16 -d 4 -T 2" "-q 4096 -a 4097 -d 4 -t 2 -T 2" "-q 1M -T 2" \
			"-q 64 -D 4096 -d 2 -T 2" "-q 64 -D 1M -T 2"; do
		# shellcheck disable=SC2086 # options
		stress $port $active $options
		port=$((port + 10))
	done
done
check rds-info
expect_output "$ME +$PEER .*C infiniband"
# The stock modules have not done with a device that goes while they are loaded.
[ "$ROLE" = ours ] || check modprobe -r rds_rdma rds
