#!/bin/bash
# what: a stock kernel's ib_srp on our target, rdma_rxe to our provider: logins, verified I/O, logouts
# kernels: uml-kasan
# mtu: 1500 9000
# timeout: 240
. "$SUITE/tests/interop/lib.sh"
server=$PEER client=$ME
. "$SUITE/tests/system/libsrp.sh"

# serve - what the other side needs to know goes through the meeting
serve() {
	load_suite ib_srpt
	ours ib_srpt || fail "not our ib_srpt"
	ramdisk disk0 8
	STORES=("$STORE")
	serve_srp "$DEV" "$PEER"
	sync_point serving "$(service_guid)"
	sync_point over
	wait_for no_sessions 30
}

use() {
	check modprobe ib_srp
	sync_point serving
	their_guid=$HEARD
	STORES=(one)
	service_guid() { echo "$their_guid"; }
	for _ in 1 2; do
		log_in "$DEV"
		verify "${DISKS[0]}" 2
		log_out
	done
	sync_point over
}

case $ROLE in
ours)	serve ;;
stock)	use ;;
esac
