#!/bin/bash
# what: link, netdev, peer and namespace vanish under traffic: users get errors, nothing hangs, nothing leaks
# kernels: uml-kasan uml-leak stock
# timeout: 240
. "$SUITE/tests/system/lib.sh"
[ "$link_type" = rvt ] || skip "stock rdma_rxe 6.1 works in the initial namespace only"

# traffic_until WHAT... - run WHAT while two streams run, which must end by themselves
traffic_until() {
	say "$*"
	start read vt stream -b -t 10 -T 20 "${stream[@]}" read
	start send vt stream -b -t 10 -T 20 "${stream[@]}" send
	wait_for "[ \"\$(rdma resource show qp | grep -c 'comm vt')\" -ge 4 ]" 20
	sleep 0.7
	"$@"
	wait_for "! running read && ! running send" 60
	# whatever they say, they must not have seen a wrong payload
	! grep -q 'were wrong' "$WORK/read.log" "$WORK/send.log" || fail "wrong payload"
	stop read
	stop send
	mark_log
}

one_device() {
	add_link rvt0 d0
	set_loopback rvt0 "$1"
	stream=(-d rvt0 -a 10.7.0.1)
}

load_suite
make_dummy d0
for loopback in 1 0; do
	say "one device, loopback=$loopback"
	one_device $loopback
	traffic_until rdma link delete rvt0
	expect_fail rdma link show rvt0/1
	one_device $loopback
	traffic_until ip link delete dev d0
	wait_for "! rdma link show rvt0/1"
	make_dummy d0
done

two_devices() {
	make_netns there
	make_veth_pair v0 v1 there 9
	make_veth_pair c0 c1 there 8
	add_link rvt0 v0
	add_link rvt1 v1 there
	start serve ip netns exec there vt serve -d rvt1 -a 10.9.0.2
	wait_for "grep -q serving $WORK/serve.log" 20
	stream=(-d rvt0 -a 10.9.0.1 -H 10.8.0.2)
}

gone() {
	stop serve
	ip netns delete there 2> /dev/null || :
	for dev in v0 c0; do ip link delete dev $dev 2> /dev/null || :; done
	wait_for "! rdma link show rvt1/1 && ! rdma link show rvt0/1" 20
	deferred=()
}

say "the peer's link"
two_devices
traffic_until rdma link delete rvt1
gone
say "the netdev, hence both"
two_devices
traffic_until ip link delete dev v0
gone
say "the namespace of the peer"
two_devices
vanish() { kill -9 "$pid_serve"; ip netns delete there; }
traffic_until vanish
gone
