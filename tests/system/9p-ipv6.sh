#!/bin/bash
# what: 9P to IPv6 addresses, global and link-local with a scope, and from a network namespace that only the mounter is in
# kernels: uml-kasan
# timeout: 120
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/lib9p.sh"

# works ADDRESS [OPTIONS] - written and read, then unmounted
works() {
	mount_9p "${2:-}" "$mnt" "$1"
	check cp "$WORK/data" "$mnt/data"
	check cmp "$WORK/data" "$export_dir/data"
	check cmp "$WORK/data" "$mnt/data"
	check rm "$mnt/data"
	check umount "$mnt"
}

load_9p
python3 -c 'import random, sys; sys.stdout.buffer.write(random.randbytes(300000))' > "$WORK/data"

if [ "$link_type" != rvt ]; then
	say "one namespace"
	one_link
	server=fd07::2
	serve_9p
	works fd07::2
	works fd07::2 privport
	exit 0
fi

make_netns there
make_veth_pair v0 v1 there
add_link link0 v0
add_link link1 v1 there
link_local=$(ip -n there -6 -o addr show dev v1 scope link | awk '{ sub("/.*", "", $4); print $4 }')
say "the server is in another namespace, at $link_local too"
start diod ip netns exec there diod -f -n -N -e "$export_dir" -l 127.0.0.1:5641 -S -U root -L stderr
wait_for "ip netns exec there ss -ltnH sport = 5641 | grep LISTEN"
start gateway ip netns exec there rdma9p -v --to tcp:127.0.0.1:5641
wait_for "grep -q 'listening on' $WORK/gateway.log"
works 10.7.0.2
works fd07::2
works fd07::2 privport
works "$link_local%v0"
works "$link_local%$(< /sys/class/net/v0/ifindex)"
fails_to_mount "server address $link_local is link-local" '' "$link_local"
fails_to_mount "server address $link_local%v1: give" '' "$link_local%v1"

say "the mounter is in the server's namespace: other addresses, other interfaces"
stop gateway
stop diod
rm -f "$WORK/gateway.log"
start_diod
start gateway rdma9p -v --to tcp:127.0.0.1:5641
wait_for "grep -q 'listening on' $WORK/gateway.log"
link_local=$(ip -6 -o addr show dev v0 scope link | awk '{ sub("/.*", "", $4); print $4 }')
# a mount namespace stays this one, so that the mount is seen here
in_there() { nsenter --net=/run/netns/there "$@"; }
for address in 10.7.0.1 fd07::1 "$link_local%v1"; do
	check in_there mount -t 9p -o "trans=rdma,aname=$export_dir,uname=root" "$address" "$mnt"
	check cp "$WORK/data" "$mnt/data"
	check cmp "$WORK/data" "$export_dir/data"
	check umount "$mnt"
done

say "an address that is not known to the neighbor yet costs no waiting"
# The neighbor of a veth answers at once, which the kernel can miss.
stop gateway
rm -f "$WORK/gateway.log"
start gateway rdma9p -v --to tcp:127.0.0.1:5641
wait_for "grep -q 'listening on' $WORK/gateway.log"
for _ in 1 2 3 4 5; do
	check ip -n there neigh flush dev v1
	within 10 nsenter --net=/run/netns/there mount -t 9p -o "trans=rdma,aname=$export_dir,uname=root" 10.7.0.1 "$mnt"
	[ "$STATUS" -eq 0 ] || fail "$OUTPUT"
	check umount "$mnt"
done
