#!/bin/bash
# what: SRP: under I/O the target is disabled, the ACL goes, and at last the device: sessions end, nothing hangs; after the first two a new login works; a module in use stays
# kernels: uml-leak
# timeout: 240
# Without KASAN: see srp-netns-exclusive.
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"

# under_io CMD... - while a disk is being written and read
under_io() {
	log_in "$dev" || return
	start writer dd if=/dev/zero of="${DISKS[0]}" bs=64k count=100000 oflag=direct
	start reader sh -c "while dd if=${DISKS[0]} of=/dev/null bs=256k iflag=direct; do :; done"
	pause 0.5
	running reader || fail "no I/O"
	"$@"
	wait_for no_sessions 60
}

io_ends() {
	log_out
	stop writer
	stop reader
}

disable() { write 0 "$tpg/enable"; }
drop() { drop_acl "$tpg/acls/$client"; }

dev=link0
load_srp fast_io_fail_tmo=2 dev_loss_tmo=10
one_link
serve_srp link0

say "disabled"
under_io disable
expect_fail bash -c "echo '$(login_line)' > /sys/class/infiniband_srp/srp-link0-1/add_target"
io_ends
write 1 "$tpg/enable"

say "the ACL goes"
under_io drop
io_ends
add_acl "$client"

say "a second login of the same initiator ends the first"
log_in link0
expect_fail bash -c "echo '$(login_line)' > /sys/class/infiniband_srp/srp-link0-1/add_target"
[ "$(sessions)" = 1 ]
log_out

say "the port of the RDMA CM moves: who is in stays"
log_in link0
write 5556 $target/srpt/discovery_auth/rdma_cm_port
verify "${DISKS[0]}" 1
log_out
expect_fail bash -c "echo '$(login_line)' > /sys/class/infiniband_srp/srp-link0-1/add_target"
write $srp_port $target/srpt/discovery_auth/rdma_cm_port

say "the module is in use"
expect_fail rmmod ib_srpt

say "the device goes"
under_io delete_link link0
stop writer
stop reader
expect_fail bash -c "echo 64 > $tpg/attrib/srp_sq_size"
