#!/bin/bash
# what: rings, send queues and memory regions of a process are charged to its memory cgroup, and given back
# kernels: stock
# timeout: 120
. "$SUITE/tests/system/lib.sh"
[ "$link_type" = rvt ] || skip "about the memory of our provider"

group=$WORK/cgroup/rings
# charged KIND - bytes on the account of the group: vmalloc (of vmalloc()), slab (of kmalloc())
charged() { awk -v kind="$1" '$1 == kind { print $2 }' "$group/memory.stat"; }

# at_least BYTES KIND - get onto the account
at_least() {
	wait_for "[ \$(charged $2) -gt $1 ]" 40
	say "$(charged "$2") bytes of $2 are charged"
}

# in_group CMD... - for start: the process becomes it
in_group() { exec bash -c "echo \$\$ > '$group/cgroup.procs'; exec $*"; }

load_suite
make_dummy d0
add_link rvt0 d0
mkdir "$WORK/cgroup"
check mount -t cgroup2 none "$WORK/cgroup"
defer "umount '$WORK/cgroup'"
grep -qw memory "$WORK/cgroup/cgroup.controllers" || skip "a kernel without memory cgroups"
echo +memory > "$WORK/cgroup/cgroup.subtree_control"
check mkdir "$group"
defer "rmdir '$group'"

say "a receive queue of 30,000, and a completion queue for it"
start server in_group ibv_rc_pingpong -e -d rvt0 -g "$(gid_index rvt0 10.7.0.1)" -r 30000
wait_for "listening server" 20
at_least $((30000 * (48 + 32))) vmalloc
stop server
wait_for "[ \$(charged vmalloc) -eq 0 ]" 20

say "two send queues of 8192, and completion queues for them"
command="ib_write_bw -F -d rvt0 -x $(gid_index rvt0 10.7.0.1) -t 8192 -s 64 -D 60"
# shellcheck disable=SC2086 # words of a command
start server in_group $command
wait_for "listening server" 20
# shellcheck disable=SC2086
start client in_group $command 127.0.0.1
at_least $((2 * 8192 * (64 + 128))) vmalloc
stop client
stop server
wait_for "[ \$(charged vmalloc) -eq 0 ]" 20

say "two regions of 32 MiB, with 16 bytes for each page"
before=$(charged slab)
start stream in_group vt stream -d rvt0 -a 10.7.0.1 -s 1048576 -n 32 -T 60 write
at_least $((before + 2 * 16 * (32 << 20) / 4096)) slab
stop stream
