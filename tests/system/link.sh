#!/bin/bash
# what: rdma link add and delete: on kinds of netdevs, in any number, again and again
# kernels: uml-kasan uml-leak stock
# timeout: 90
. "$SUITE/tests/system/lib.sh"

load_suite
make_dummy d0

say "one link, what it shows"
add_link rvt0 d0
check rdma link show rvt0/1
expect_output "state ACTIVE physical_state LINK_UP netdev d0"
check rdma dev show rvt0
expect_output "node_type ca .*node_guid"
check ibv_devinfo -v -d rvt0
expect_output "state:[[:space:]]+PORT_ACTIVE"
expect_output "link_layer:[[:space:]]+Ethernet"
expect_output "active_mtu:[[:space:]]+1024"
expect_output "GID\[.*::ffff:10.7.0.1, RoCE v2"
expect_output "GID\[.*fd07::1, RoCE v2"
delete_link rvt0
expect_fail rdma link show rvt0/1

say "again and again"
for _ in {1..20}; do
	rdma link add rvt0 type "$link_type" netdev d0
	rdma link delete rvt0
done

say "the name may be used again, and by another netdev"
make_dummy d1 8
add_link rvt0 d1
delete_link rvt0

say "many"
for n in {1..8}; do
	check ip link add "m$n" type dummy
	defer "ip link delete m$n"
	check ip link set dev "m$n" up
	add_link "many$n" "m$n"
done
check rdma link show
[ "$(grep -c 'link many' <<< "$OUTPUT")" -eq 8 ] || fail "not 8 links:"$'\n'"$OUTPUT"
for n in {1..8}; do delete_link "many$n"; done

say "renamed"
add_link rvt0 d0
check rdma dev set rvt0 name other0
expect_fail rdma link show rvt0/1
check rdma link show other0/1
delete_link other0

say "on top of other netdevs"
make_veth_pair v0 v1 '' 9
check ip link add br0 type bridge
defer "ip link delete br0"
check ip link set br0 up
add_link on_bridge br0
delete_link on_bridge
if ip link add mv0 link v0 type macvlan mode bridge 2> /dev/null; then
	defer "ip link delete mv0"
	check ip link set mv0 up
	add_link on_macvlan mv0
	delete_link on_macvlan
fi
add_link on_veth v0
check ip link set dev v1 down
wait_for "rdma link show on_veth/1 | grep 'state DOWN'"
check ip link set dev v1 up
wait_for "rdma link show on_veth/1 | grep 'state ACTIVE'"
delete_link on_veth
