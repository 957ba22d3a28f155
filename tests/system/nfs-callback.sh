#!/bin/bash
# what: NFS over RDMA: the server calls its client back, on the same connection, and again after that was lost
# kernels: uml-kasan uml-leak stock
# timeout: 200
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libnfs.sh"

states() { cat /proc/fs/nfsd/clients/*/states; }

# recall FILE - what a client was given is taken back when somebody else writes
recall() {
	local begin
	echo "first" > "$export_dir/$1"
	wait_for "cat '$mnt/$1' && states | grep -q 'type: deleg'" 20
	begin=$SECONDS
	check sh -c "echo second >> '$export_dir/$1'"
	# without an answer it would wait for the lease to run out
	[ $((SECONDS - begin)) -lt 8 ] || fail "after $((SECONDS - begin)) s"
	wait_for "! states | grep -q 'type: deleg'"
	drop_caches
	check cat "$mnt/$1"
	expect_output second
}

load_nfs
one_link
start_nfsd
for version in 4.1 4.2; do
	say "version $version"
	mount_nfs $version
	wait_for "grep -q 'callback state: UP' /proc/fs/nfsd/clients/*/info"
	for i in {1..6}; do
		recall "file-$version-$i"
	done
	check umount "$mnt"
done

say "after the connection was lost"
mount_nfs 4.2
recall before
delete_link link0
pause 1
add_link link0 d0
wait_for "touch '$mnt/touched'" 60
wait_for "grep -q 'callback state: UP' /proc/fs/nfsd/clients/*/info" 30
xprt_stats
[ "${stats[2]}" -gt 1 ] || fail "it was not lost"
recall after
check umount "$mnt"
