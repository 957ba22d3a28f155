#!/bin/bash
# what: SRP: logins and verified I/O while one packet in a hundred is lost
# kernels: uml-kasan
# timeout: 240
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"

load_srp
one_link
serve_srp link0
# Packets, which go through lo: both hosts are this one.
set_loopback link0 0
netem lo loss 1%
defer "tc qdisc del dev lo root"
for ((i = 0; i < 3; i++)); do
	log_in link0
	verify "${DISKS[0]}" 3
	log_out
	wait_for no_sessions 60
done
