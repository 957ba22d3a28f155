#!/bin/bash
# what: the port follows its netdev: down, up, MTU, addresses; traffic survives a short outage
# kernels: uml-kasan uml-leak
# timeout: 120
. "$SUITE/tests/system/lib.sh"

state() { rdma link show rvt0/1 | grep -o 'state [A-Z]*' | head -n 1; }
port_mtu() { ibv_devinfo -d rvt0 | awk '/active_mtu/ { print $2 }'; }

load_suite
make_netns there
make_veth_pair v0 v1 there
add_link rvt0 v0

say "state"
check ip link set dev v0 down
wait_for "[ \"\$(state)\" = 'state DOWN' ]"
check ip link set dev v0 up
wait_for "[ \"\$(state)\" = 'state ACTIVE' ]"

say "MTU"
for pair in 1500:1024 576:256 9000:4096 4200:4096 2200:2048; do
	check ip link set dev v0 mtu "${pair%:*}"
	wait_for "[ \"\$(port_mtu)\" = ${pair#*:} ]"
done
check ip link set dev v0 mtu 1500

say "addresses"
check ip addr add 10.7.0.99/24 dev v0
wait_for "gid_index rvt0 10.7.0.99"
check ip addr del 10.7.0.99/24 dev v0
wait_for "! gid_index rvt0 10.7.0.99"
[ "$link_type" = rvt ] || exit 0

say "an outage of a second under traffic"
add_link rvt1 v1 there
start serve ip netns exec there vt serve -d rvt1 -a 10.7.0.2 -p 7000
make_veth_pair c0 c1 there 8
wait_for "grep -q serving $WORK/serve.log" 20
start stream vt stream -d rvt0 -a 10.7.0.1 -H 10.8.0.2 -p 7000 -t 17 -T 6 send
sleep 2
check ip -n there link set dev v1 down
sleep 1
check ip -n there link set dev v1 up
finish stream

say "MTU and addresses change under traffic"
start stream vt stream -d rvt0 -a 10.7.0.1 -H 10.8.0.2 -p 7000 -t 17 -T 5 write
for n in {1..20}; do
	ip link set dev v0 mtu $((1500 + n * 10))
	ip addr add "10.7.0.$((100 + n))/24" dev v0
	sleep 0.1
done
finish stream
