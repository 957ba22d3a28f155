# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What RDS scenarios have in common; read after lib.sh.

# two_addresses - of a host, 10.7.0.1 and 10.7.0.2: RDS takes each for a host of its own
two_addresses() {
	local options
	check rds-ping -c 2 -i 2 -I 10.7.0.1 10.7.0.2
	for options in "-q 1024 -d 4" "-q 200000" "-q 64 -D 65536"; do
		start stress rds-stress -r 10.7.0.2
		wait_for "listening stress" 20
		# shellcheck disable=SC2086 # options
		check timeout 60 rds-stress -r 10.7.0.1 -s 10.7.0.2 -z -v -T 1 $options
		expect_output 'active: [1-9][0-9]* messages'
		finish stress
	done
}

# hostile_peer - a device here, and one in the name space of a peer that badrds plays
hostile_peer() {
	load_suite rvt_roce rds rds_rdma
	check modprobe rdma_ucm
	make_netns there
	make_veth_pair v0 v1 there 7 9000
	add_link rvt0 v0
	add_link rvt1 v1 there
}

# hostile FRAMES [OPTION...] - to a socket that is read
hostile() {
	start reader rdst 10.7.0.1 10.7.0.2 rdma-reader
	wait_for "rds-info -k | grep ' 5000 '" 20
	start bad ip netns exec there badrds 10.7.0.2 10.7.0.1 "$@"
	finish bad
	say "$(tail -n 2 "$WORK/bad.log")"
	kill "$pid_reader"
	finish reader
	say "$(tail -n 2 "$WORK/reader.log")"
}

# good_peer - and now there is one again
good_peer() {
	start holder ip netns exec there rds-ping -i 1 -I 10.7.0.2 10.7.0.1
	check rds-ping -c 3 -i 10 -I 10.7.0.1 10.7.0.2
	stop holder
}

# peer_traffic OPTION... - verified, in the background, to the other name space; it
# goes on until end_traffic
peer_traffic() {
	start passive ip netns exec there rds-stress -z -r 10.7.0.2
	wait_for "listening passive there" 20
	start active rds-stress -r 10.7.0.1 -s 10.7.0.2 -v -z "$@"
	flows 5
}

# sent_so_far - the sequence of the next message to the peer
sent_so_far() { rds-info -n | awk '$1 == "10.7.0.1" && $2 == "10.7.0.2" { print $4 }'; }

# flows [NUMBER] - so many messages more, and it goes on
flows() {
	local begin
	begin=$(sent_so_far)
	wait_for "[ \$(sent_so_far) -ge $((${begin:-1} + ${1:-20})) ]" 60
}

# end_traffic - every message has been answered, at both ends
end_traffic() {
	kill -INT "$pid_active"
	finish active
	finish passive
	say "$(tail -n 1 "$WORK/active.log")"
}
