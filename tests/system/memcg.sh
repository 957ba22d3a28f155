#!/bin/bash
# what: rings that a process maps are charged to its memory cgroup, and given back
# kernels: stock
# timeout: 90
. "$SUITE/tests/system/lib.sh"
[ "$link_type" = rvt ] || skip "about the rings of our provider"

group=$WORK/cgroup/rings
# charged - bytes of vmalloc() on the account of the group
charged() { awk '$1 == "vmalloc" { print $2 }' "$group/memory.stat"; }

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

# A receive queue of 30,000, and a completion queue for it.
start server bash -c "echo \$\$ > '$group/cgroup.procs'
	exec ibv_rc_pingpong -e -d rvt0 -g $(gid_index rvt0 10.7.0.1) -r 30000"
wait_for "listening server" 20
bytes=$(charged)
say "$bytes bytes are charged"
[ "$bytes" -gt $((30000 * (48 + 32))) ] || fail "only $bytes bytes are charged"
stop server
wait_for "[ \$(charged) -eq 0 ]" 20
