#!/bin/bash
# what: 9P mount options in /proc/mounts; wrong options, wrong addresses, no server, no provider: errno and a line in the log
# kernels: uml-kasan
# timeout: 180
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/lib9p.sh"

# shown OPTIONS EXPECTED
shown() {
	mount_9p "$1"
	[ "$(options_of "$mnt")" = "$2" ] || fail "$1 is shown as $(options_of "$mnt"), not $2"
	check ls "$mnt"
	check umount "$mnt"
}

invalid='wrong fs type|bad option|[Ii]nvalid'
unreachable='not connected|[Ee]ndpoint'

load_9p
say "no provider"
make_dummy d0
ip addr add 10.7.0.2/24 dev d0
fails_to_mount '10.7.0.2:5640: cannot connect: no RDMA device' timeout=2000 10.7.0.2 "$unreachable"
fails_to_mount 'cannot connect: no RDMA device' timeout=2000 127.0.0.1
add_link link0 d0

say "no server"
fails_to_mount '10.7.0.2:5640: cannot connect: nobody listens' '' 10.7.0.2 "$unreachable"
fails_to_mount '10.7.0.2:77: cannot connect: nobody listens' port=77
fails_to_mount '10.7.0.99:5640: cannot connect' timeout=1000 10.7.0.99 "$unreachable"
fails_to_mount '203.0.113.1:5640: cannot connect' timeout=1000 203.0.113.1 "$unreachable"

serve_9p

say "what is shown"
shown '' ''
shown sq=64 ,sq=64,rq=64
shown rq=64 ,rq=64
shown rq=8 ''
shown sq=1,rq=1 ,sq=1,rq=1
shown timeout=31000,rq=40,sq=33 ,sq=33,rq=40,timeout=31000
shown port=5640,timeout=30000 ''
shown port=0x1608 ''
shown privport ,privport
shown privport,sq=5 ,sq=5,privport
mark_log
mount_9p sq=1000000000
log_has 'using sq=[0-9]*,rq=[0-9]* instead of sq=1000000000,rq=1000000000' ||
	fail "nothing in the log about a depth that no device has"
[[ $(options_of "$mnt") =~ ^,sq=[0-9]+,rq=[0-9]+$ ]] || fail "shown: $(options_of "$mnt")"
check ls "$mnt"
check umount "$mnt"

say "another port"
stop gateway
start_gateway --port 777
shown port=777 ,port=777
stop gateway
start_gateway

say "wrong options"
for option in port=0 port=65536 port=-1 port=x port= sq=0 sq=-1 sq=4294967296 rq=-1 \
		timeout=0 timeout=soon privport=1 port; do
	fails_to_mount "mount option ${option%%=*}" "$option" '' "$invalid"
done
fails_to_mount 'unknown mount option prot:' prot=5640 '' "$invalid"
fails_to_mount 'unknown mount option nonsense:' nonsense '' "$invalid"

say "options of others"
shown access=any,cache=mmap,debug=0,dfltuid=0,dfltgid=0,nodevmap,msize=65536 ''

say "wrong addresses"
for address in server 10.7.0 10.7.0.256 10.7.0.2:5640 ::g '[fd07::2]' fe80::1%nosuchdev; do
	fails_to_mount "server address ${address//[][]/.}: give" '' "$address" "$invalid"
done
fails_to_mount 'server address fe80::1 is link-local: add the interface' '' fe80::1 "$invalid"
for address in 0.0.0.0 224.0.0.1 255.255.255.255 :: ff02::1 fd07::2%d0; do
	fails_to_mount "server address $address is not that of one host" '' "$address" "$invalid"
done

say "without the right to a privileged port"
mark_log
expect_fail setpriv --bounding-set -net_bind_service --inh-caps -net_bind_service \
	mount -t 9p -o trans=rdma,privport "$server" "$mnt"
log_has 'cannot connect: problem binding to privport: 13' || fail "nothing in the log about the port"

say "it still works"
shown '' ''
