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

# given FILE - a client reads it, and is given it within 5 s
given() {
	local try
	echo "first" > "$export_dir/$1"
	for try in {1..20}; do
		read -r < "$mnt/$1" || return 1
		! delegated || return 0
		pause 0.25
	done
	# only the server's choice is an excuse
	is_up || fail "$1 was not given: the server cannot call its client back"
	say "$1 was not given in $try tries"
	return 1
}

# recall NAME - what a client was given is taken back when somebody else writes.  For
# half a minute the server does not give away what it has taken back, and may take
# another file for that one: its memory is a Bloom filter.  (Of 81 files in a row,
# five were not given, none among the first 25.)
recall() {
	local begin lines file
	say "$1"
	for file in "$1" "$1-2" "$1-3"; do
		! given "$file" || break
	done
	delegated || fail "a client is given nothing"
	begin=$SECONDS
	echo second >> "$export_dir/$file"
	# without an answer it would wait for the lease to run out
	[ $((SECONDS - begin)) -lt 8 ] || fail "after $((SECONDS - begin)) s"
	wait_for "! delegated"
	drop_caches
	mapfile -t lines < "$mnt/$file"
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
