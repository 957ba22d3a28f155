#!/bin/bash
# what: SRP: logins through the RDMA CM in each name space that an enabled port reaches, which can end when that is disabled
# kernels: uml-kasan uml-leak
# timeout: 180
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"

# Two devices; each listener, whatever its name space, is seen once on each.
listeners() { rdma resource show cm_id | grep -c "state LISTEN.*:$srp_port" || :; }

expect_listeners() {
	[ "$(listeners)" -eq $(($1 * 2)) ] || fail "not $1 listeners:"$'\n'"$(rdma resource show cm_id)"
}

load_srp
check ip netns add there
defer "[ ! -e /run/netns/there ] || ip netns delete there"
check ip -n there link set lo up
make_veth_pair veth0 veth1 there
add_link here0 veth0
add_link there0 veth1 there

say "the target in a name space, the initiator in the initial one"
serve_srp there0
expect_listeners 2
log_in here0
[ "$(sessions)" -gt 0 ] || fail "no session in configfs"
verify "${DISKS[0]}" 2
log_out
wait_for no_sessions

say "both there"
add_acl 10.7.0.2
# shellcheck disable=SC2016 # for the shell there
log_in_there() {
	ip netns exec there sh -c 'echo "$0" > "$1"' "$(client=10.7.0.2 login_line)" \
		"/sys/class/infiniband_srp/srp-there0-1/add_target"
}
wait_for log_in_there 30
wait_for "ls /sys/class/srp_remote_ports/port-*"
host=host$(sed -n 's/.*port-\([0-9]*\):.*/\1/p' <<< "$(echo /sys/class/srp_remote_ports/port-*)")
wait_for find_disks 30
verify "${DISKS[0]}" 2
log_out
wait_for no_sessions

say "a directory that is disabled and enabled, and another port"
write 0 "$tpg/enable"
expect_listeners 1
write 1 "$tpg/enable"
expect_listeners 2
write 5556 $target/srpt/discovery_auth/rdma_cm_port
expect_listeners 0
write $srp_port $target/srpt/discovery_auth/rdma_cm_port
expect_listeners 2
log_in here0
verify "${DISKS[0]}" 1
log_out
wait_for no_sessions

say "disabled, nothing keeps the name space"
write 0 "$tpg/enable"
check ip netns delete there
wait_for "! ip link show dev veth0" 20
wait_for "! rdma link show there0/1" 20
