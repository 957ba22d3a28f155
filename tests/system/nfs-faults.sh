#!/bin/bash
# what: NFS over RDMA: allocations of client and server fail and connections are cut under I/O: what was acknowledged is there, and umount ends
# kernels: uml-kasan uml-leak
# timeout: 400
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libnfs.sh"

debug=/sys/kernel/debug
BUDGET=1000000

# set_up_faults - besides those of fail-nth: of the threads that are marked
set_up_faults() {
	local kind
	faults_in_silence
	[ -d $debug/fail_sunrpc ] || skip "this kernel has no CONFIG_FAIL_SUNRPC"
	echo 0 > $debug/fail_sunrpc/verbose
	echo Y > $debug/fail_sunrpc/ignore-cache-wait
	echo 10 > $debug/failslab/interval
	for kind in failslab fail_page_alloc; do
		echo Y > $debug/$kind/task-filter
	done
	for kind in failslab fail_page_alloc fail_sunrpc; do
		echo $BUDGET > $debug/$kind/times
	done
}

# faults OBJECTS PAGES DISCONNECTS - how many of 1000 allocations of the slab, and
# in percent those of pages and messages
faults() {
	echo "$1" > $debug/failslab/probability
	echo "$2" > $debug/fail_page_alloc/probability
	echo "$3" > $debug/fail_sunrpc/probability
}

# mark_threads - the server's, and those in which the client and the device work;
# not those of ib_cm, because the kernel's rdma_cm upsets lockdep when it cannot
# have memory for a connection
mark_threads() {
	local file name
	for file in /proc/[0-9]*/comm; do
		read -r name < "$file" || continue
		case $name in
		nfsd | kworker/u* | kworker/*:*H | kworker/*:*H[-+]*) echo 1 > "${file%comm}make-it-fail" ;;
		esac
	done 2> /dev/null
}

# fired KIND - how many times
fired() { echo $((BUDGET - $(cat "$debug/$1/times"))); }

load_nfs
set_up_faults
one_link
start_nfsd
defer "faults 0 0 0"
for version in 3 4.2; do
	say "version $version"
	mount_nfs $version
	mark_threads
	faults 5 2 2
	within 200 python3 "$SUITE/tests/nfs/faulty_io.py" "$mnt/file" "$WORK/model" 45
	faults 0 0 0
	[ "$STATUS" -eq 0 ] || fail "$OUTPUT"
	say "$OUTPUT"
	say "failed: $(fired failslab) allocations, $(fired fail_page_alloc) of pages, $(fired fail_sunrpc) connections"
	for name in direct cached; do
		check cmp "$WORK/model.$name" "$export_dir/file.$name"
		drop_caches
		check cmp "$WORK/model.$name" "$mnt/file.$name"
		check rm "$mnt/file.$name"
	done
	xprt_stats
	say "connected ${stats[2]} times"
	[ "${stats[2]}" -gt 1 ] || fail "the connection was never lost"
	within 60 umount "$mnt"
	[ "$STATUS" -eq 0 ] || fail "umount: $OUTPUT"
done
[ "$(fired failslab)" -gt 10 ] && [ "$(fired fail_page_alloc)" -gt 0 ] || fail "hardly anything failed"
