#!/bin/bash
# what: bad input to rdma link add is refused with the right errno and leaves nothing behind
# kernels: uml-kasan uml-leak
# timeout: 60
. "$SUITE/tests/system/lib.sh"

# refused ERROR NAME TYPE NETDEV
refused() {
	expect_fail rdma link add "$2" type "$3" netdev "$4"
	expect_output "$1"
	[ -z "$(rdma -j link show "$2/1" 2> /dev/null | tr -d '[] \n')" ] ||
		fail "link $2 exists all the same"
}

load_suite
make_dummy d0

say "no such netdev, no such type, no such name"
refused "no-such|No such device|Invalid netdev" rvt0 rvt no-such
refused "Invalid argument|Operation not supported" rvt0 nosuchtype d0
refused "Invalid argument" 'rvt%d' rvt d0

say "a netdev that cannot carry RoCE"
refused "Operation not permitted|not supported|Invalid argument" rvt0 rvt lo
if ip tuntap add dev tun0 mode tun 2> /dev/null; then
	defer "ip link delete tun0"
	ip link set tun0 up
	run_quietly rdma link add rvt0 type rvt netdev tun0
	# a tun device carries IP: refused, or usable
	if [ $STATUS -eq 0 ]; then
		check rdma link show rvt0/1
		delete_link rvt0
	fi
fi

say "a second link on a netdev, a second link of a name"
add_link rvt0 d0
refused "File exists" rvt1 rvt d0
make_dummy d1 8
expect_fail rdma link add rvt0 type rvt netdev d1
expect_output "File exists|Too many open files|file table overflow|exists"
delete_link rvt0
expect_fail rdma link delete rvt0

say "the netdevs are free"
check ip link delete d1
check ip link delete d0
