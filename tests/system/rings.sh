#!/bin/bash
# what: a process that rewrites its mmapped CQ and RQ rings while using them harms only itself
# kernels: uml-kasan uml-leak
# timeout: 120
# expect-log: segfault at .* in (vt|lib[a-z0-9]*verbs[^ ]*)\[
. "$SUITE/tests/system/lib.sh"
[ "$link_type" = rvt ] || skip "about the rings of our provider"

load_suite
make_dummy d0
add_link rvt0 d0
seconds=6
for loopback in 1 0; do
	set_loopback rvt0 $loopback
	check vt rings -d rvt0 -a 10.7.0.1 -T $seconds -S $((1 + 1000 * loopback))
	say "$(tail -n 1 <<< "$OUTPUT")"
done
