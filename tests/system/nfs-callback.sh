#!/bin/bash
# what: NFS over RDMA: the server calls its client back, on the same connection, and again after that was lost
# kernels: uml-kasan uml-leak stock
# timeout: 200
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libnfs.sh"

# delegated - a client has been given something; without a fork, as all that follows
delegated() {
	local file states
	for file in /proc/fs/nfsd/clients/*/states; do
		IFS= read -r -d '' states < "$file" || :
		[[ $states != *"type: deleg"* ]] || return 0
	done
	return 1
}

# is_up - the server can call its client
is_up() {
	local info
	IFS= read -r -d '' info < <(cat /proc/fs/nfsd/clients/*/info) || :
	[[ $info = *"callback state: UP"* ]]
}

# recall FILE - what a client was given is taken back when somebody else writes
recall() {
	local begin lines
	say "$1"
	echo "first" > "$export_dir/$1"
	wait_for "read -r < '$mnt/$1' && delegated" 20
	begin=$SECONDS
	echo second >> "$export_dir/$1"
	# without an answer it would wait for the lease to run out
	[ $((SECONDS - begin)) -lt 8 ] || fail "after $((SECONDS - begin)) s"
	wait_for "! delegated"
	drop_caches
	mapfile -t lines < "$mnt/$1"
	[ "${lines[*]}" = "first second" ] || fail "there is: ${lines[*]}"
}

load_nfs
one_link
start_nfsd
for version in 4.1 4.2; do
	say "version $version"
	mount_nfs $version
	wait_for is_up
	for i in {1..4}; do
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
wait_for is_up 30
xprt_stats
[ "${stats[2]}" -gt 1 ] || fail "it was not lost"
recall after
check umount "$mnt"
