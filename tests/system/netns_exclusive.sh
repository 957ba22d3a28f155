#!/bin/bash
# what: `rdma system set netns exclusive`: a device is seen and used only where `rdma dev set NAME netns` put it
# kernels: uml-kasan
# timeout: 120
. "$SUITE/tests/system/lib.sh"
[ "$link_type" = rvt ] || skip "stock rdma_rxe 6.1 works in the initial namespace only"

load_suite
check rdma system set netns exclusive
check rdma system show
expect_output "netns exclusive"
make_netns there
make_netns elsewhere
make_veth_pair v0 v1 there
add_link rvt0 v0
check ip netns exec there rdma link add rvt1 type rvt netdev v1
defer "! rdma link show rvt1/1 > /dev/null 2>&1 || rdma link delete rvt1"

say "given to the namespace of its interface"
check rdma dev set rvt1 netns there
expect_fail rdma link show rvt1/1
check ip netns exec there rdma link show rvt1/1
expect_fail ip netns exec there rdma link show rvt0/1
expect_fail ip netns exec elsewhere rdma link show rvt1/1
wait_for "ip netns exec there ibv_devinfo -d rvt1 | grep PORT_ACTIVE"
check ip netns exec there ibv_devinfo
! grep -q rvt0 <<< "$OUTPUT" || fail "programs see a device of another namespace:"$'\n'"$OUTPUT"
check ibv_devinfo
! grep -q rvt1 <<< "$OUTPUT" || fail "programs see a device of another namespace:"$'\n'"$OUTPUT"

say "and used from there"
start serve ip netns exec there vt serve -1 -d rvt1 -a 10.7.0.2
wait_for "grep -q serving $WORK/serve.log" 20
check vt run -d rvt0 -a 10.7.0.1 -H 10.7.0.2 'rc/*/64k/*' 'uc/send/64k/*' 'ud/send/mtu/*'
expect_output ' 0 failed'
finish serve

say "moved under traffic: its users get errors, and it is as good as new"
start serve ip netns exec there vt serve -1 -d rvt1 -a 10.7.0.2
wait_for "grep -q serving $WORK/serve.log" 20
start stream vt stream -b -t 10 -d rvt0 -a 10.7.0.1 -H 10.7.0.2 -T 20 write
wait_for "rdma resource show qp link rvt0/1 | grep 'type RC state RTS'" 20
check ip netns exec there rdma dev set rvt1 netns elsewhere
wait_for "! running stream" 60
stop serve
check ip netns exec elsewhere rdma dev set rvt1 netns there
wait_for "ip netns exec there ibv_devinfo -d rvt1 | grep PORT_ACTIVE"
start serve ip netns exec there vt serve -1 -d rvt1 -a 10.7.0.2
wait_for "grep -q serving $WORK/serve.log" 20
check vt run -d rvt0 -a 10.7.0.1 -H 10.7.0.2 'rc/send/64k/*'
finish serve

say "its namespace ends: the device goes with its interface"
check ip netns delete there
wait_for "! rdma link show rvt1/1" 20
deferred=("${deferred[@]/ip netns delete there/:}")
