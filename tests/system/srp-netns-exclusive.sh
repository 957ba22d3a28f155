#!/bin/bash
# what: SRP: `rdma system set netns exclusive`: a target on a device that is in another name space, and leaves it under I/O
# kernels: uml-leak
# timeout: 180
# Without KASAN, which sees that the kernel's own initiator polls a completion queue
# for what it has freed, when its session ends under I/O.
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"

there() { ip netns exec there "$@"; }
# Its files are seen from its own name space only.
gid_name() { echo "0x$(there cat "/sys/class/infiniband/$1/ports/1/gids/0" | sed 's/://g')"; }
listeners() { rdma resource show cm_id; there rdma resource show cm_id; }
listens_there() { there rdma resource show cm_id | grep "state LISTEN.*:$srp_port" > /dev/null; }

modinfo srpt_ib_cm_test > /dev/null 2>&1 || skip "a kernel without KUnit"
check modprobe ib_srpt srpt_roce_ib_cm=1
load_srp fast_io_fail_tmo=2 dev_loss_tmo=10
check rdma system set netns exclusive
make_netns there
make_netns elsewhere
make_veth_pair v0 v1 there
add_link here0 v0
check there rdma link add there0 type rvt netdev v1
defer "! there rdma link show there0/1 > /dev/null 2>&1 || there rdma link delete there0"
check rdma dev set there0 netns there
wait_for "there rdma link show there0/1 | grep ACTIVE"

say "the target there, the initiator here"
serve_srp there0
wait_for listens_there
log_in here0
[ "$(sessions)" -gt 0 ] || fail "no session in configfs"
verify "${DISKS[0]}" 2

say "the IB CM knows devices, and no name spaces: whoever reaches the device gets in"
log_out
wait_for no_sessions 60
ib_cm_initiator brief=1 device=here0 peer_device=there0
log_in here0

say "the device leaves the name space: the session ends, and so does listening there"
start reader sh -c "while dd if=${DISKS[0]} of=/dev/null bs=256k iflag=direct; do :; done"
check there rdma dev set there0 netns elsewhere
wait_for no_sessions 60
wait_for "! running reader" 60
log_out
! listens_there || fail "still listening:"$'\n'"$(listeners)"
