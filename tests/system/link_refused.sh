#!/bin/bash
# what: what cannot become a link is refused with the error that Documentation/rvt_roce.rst has for it, and a reason in the log, and leaves nothing behind
# kernels: uml-kasan uml-leak
# timeout: 90
. "$SUITE/tests/system/lib.sh"

# refused ERROR REASON NAME TYPE NETDEV - REASON is in the kernel log; '' if RDMA's
# core has refused it, which says nothing there
refused() {
	mark_log
	expect_fail rdma link add "$3" type "$4" netdev "$5"
	expect_output "^error: $1\$"
	if [ -n "$2" ]; then
		log_has "$5: $2" || fail "no '$2' in the kernel log"
	fi
}

# and there is no link of that name
refused_new() {
	refused "$@"
	[ -z "$(rdma -j link show "$3/1" 2> /dev/null | tr -d '[] \n')" ] ||
		fail "link $3 exists all the same"
}

# cannot ERROR REASON NETDEV
cannot() { refused_new "$1" "cannot carry RDMA device rvt0: .*$2" rvt0 rvt "$3"; }

load_suite
make_dummy d0

say "no such netdev, no such type (or module), no such name"
refused_new "No such device" '' rvt0 rvt no-such
refused_new "Invalid argument" '' rvt0 nosuchtype d0
refused_new "Invalid argument" '' 'rvt%d' rvt d0

say "a netdev that cannot carry RoCE"
cannot "Operation not supported" "not an Ethernet interface" lo
check ip tuntap add dev tun0 mode tun
defer "ip link delete tun0"
check ip link set tun0 up
cannot "Operation not supported" "not an Ethernet interface" tun0

say "VLAN, port of a bond, MTU"
check ip link add link d0 name d0.5 type vlan id 5
cannot "Operation not supported" "make the link on d0" d0.5
check ip link delete d0.5
check ip link add bond7 type bond
check ip link add port type dummy
check ip link set dev port master bond7
cannot "Device or resource busy" "it is a port of bond7" port
check ip link delete bond7
check ip link delete port
check ip link add small type dummy
check ip link set dev small up mtu 335
cannot "Invalid argument" "MTU 335 is too small; set it to 336 or more" small
check ip link set dev small mtu 336
add_link rvt0 small
delete_link rvt0
check ip link delete small

say "a second link on a netdev, a second link of a name"
add_link rvt0 d0
refused_new "File exists" "has RDMA device rvt0 already" rvt1 rvt d0
make_dummy d1 8
refused "File exists" "there is an RDMA device called rvt0 already" rvt0 rvt d1
check rdma link show rvt0/1
expect_output 'netdev d0'
delete_link rvt0
expect_fail rdma link delete rvt0

say "somebody else has the UDP port"
start other python3 -c '
import socket, time
end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
end.bind(("", 4791))
print("bound", flush=True)
time.sleep(1000)'
wait_for "grep -q bound $WORK/other.log"
cannot "Address already in use" "UDP port 4791 is in use" d0
stop other
check modprobe rdma_rxe
cannot "Address already in use" "UDP port 4791 is in use" d0
check modprobe -r rdma_rxe
add_link rvt0 d0
delete_link rvt0

say "the netdevs are free"
check ip link delete d1
check ip link delete d0
