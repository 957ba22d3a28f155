#!/bin/bash
# what: NFS over RDMA: the server restarts and has forgotten everything: a client that has an open file and a lock gets both back, before anybody else can have the lock, and writes on
# kernels: uml-kasan uml-leak stock
# timeout: 200
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libnfs.sh"

# Has a file open, and bytes 100 to 199 of it locked, and writes a number to it twice
# a second until there is a file of that name.
cat > "$WORK/holder.py" <<'END'
import fcntl, os, sys, time
path, enough = sys.argv[1:]
fd = os.open(path, os.O_RDWR | os.O_CREAT)
fcntl.lockf(fd, fcntl.LOCK_EX, 100, 100)
number = 0
while not os.path.exists(enough):
    number += 1
    os.pwrite(fd, b"%08d" % number, 100)
    os.fsync(fd)
    print(number, flush=True)
    time.sleep(0.5)
END

# try_lock FIRST - one byte, as somebody else, who says so and gives it back
try_lock() {
	python3 - "$export_dir/held" "$1" <<-'END'
	import fcntl, sys
	with open(sys.argv[1], "r+b") as file:
	    try:
	        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, int(sys.argv[2]))
	        print("free")
	    except BlockingIOError:
	        print("taken")
	END
}

# is FREE-OR-TAKEN - the lock, and a byte behind it is free
is() {
	local state
	state=$(try_lock 150)
	[ "$state" = "$1" ] || fail "the lock is $state, not $1"
	[ "$(try_lock 200)" = free ] || fail "more than it is locked"
}

states() { cat /proc/fs/nfsd/clients/*/states 2> /dev/null; }

written() { tail -n 1 "$WORK/holder.log"; }

# has_state - of our client, the server has both
has_state() {
	local all
	all=$(states)
	[[ $all = *"type: open"* && $all = *"type: lock"* ]]
}

load_nfs
one_link
start_nfsd
for version in 4.0 4.1 4.2; do
	say "version $version"
	mount_nfs $version
	start holder python3 "$WORK/holder.py" "$mnt/held" "$WORK/enough-$version"
	wait_for "has_state && [ \"\$(written)\" -gt 1 ]"
	is taken

	stop_threads
	is free
	before=$(written)
	# as after a boot, with time for clients to reclaim what they had
	reclaim=300 start_threads 8
	[ "$(cat /proc/fs/nfsd/v4_end_grace)" = N ] || fail "nothing can be reclaimed"
	wait_for has_state 100
	[ "$(cat /proc/fs/nfsd/v4_end_grace)" = N ] || fail "it was not reclaimed, but is new"
	is taken
	echo Y > /proc/fs/nfsd/v4_end_grace
	wait_for "running holder && [ \"\$(written)\" -gt $((before + 2)) ]" 60
	is taken

	touch "$WORK/enough-$version"
	finish holder
	is free
	[ "$(tail -c +101 "$export_dir/held")" = "$(printf %08d "$(written)")" ] ||
		fail "not what was written last: $(tail -c +101 "$export_dir/held")"
	xprt_stats
	[ "${stats[2]}" -gt 1 ] || fail "the connection was not lost"
	check umount "$mnt"
done
