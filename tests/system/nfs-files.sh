#!/bin/bash
# what: NFS over RDMA: truncate, append, mmap, O_DIRECT, 10,000 directory entries, locks, ACLs, a sparse file of 1 GiB, parallel writers, rsize and wsize from 1 KiB to 1 MiB
# kernels: uml-kasan uml-leak stock
# timeout: 500
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libnfs.sh"

versions="3 4.2"

load_nfs
one_link
start_nfsd
python3 - "$export_dir/many" <<'END'
import os, sys
os.mkdir(sys.argv[1])
for i in range(10000):
    os.close(os.open(f"{sys.argv[1]}/entry-{i:05}", os.O_CREAT))
END

# A file that is changed in all ways at random places, and a model of it.
change() {
	check python3 - "$mnt/changed" <<-'END'
	import mmap, os, random, sys
	size, limit = 400000, 600000
	random.seed(1)
	model = bytearray()
	fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT | os.O_TRUNC)
	def write(at, data):
	    if at > len(model):
	        model.extend(bytes(at - len(model)))
	    model[at:at + len(data)] = data
	for i in range(120):
	    at, data = random.randrange(size), random.randbytes(random.choice([1, 3, 500, 4096, 5001, 70000]))
	    kind = random.randrange(5)
	    if kind == 0:
	        os.pwrite(fd, data, at); write(at, data)
	    elif kind == 1:
	        append = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)
	        if len(model) + len(data) < limit:
	            os.write(append, data); write(len(model), data)
	        os.close(append)
	    elif kind == 2:
	        os.ftruncate(fd, at)
	        model = model[:at] + bytes(max(0, at - len(model)))
	    elif kind == 3 and len(model) > 5001:
	        with mmap.mmap(fd, len(model)) as view:
	            at = random.randrange(len(model) - 5000)
	            view[at:at + 5000] = data[:5000].ljust(5000, b"m")
	            view.flush()
	        write(at, data[:5000].ljust(5000, b"m"))
	    else:
	        assert os.pread(fd, 9000, at) == model[at:at + 9000], (i, at)
	os.fsync(fd)
	os.close(fd)
	open(sys.argv[1] + ".model", "wb").write(model)
	END
	drop_caches
	check cmp "$mnt/changed" "$mnt/changed.model"
	check cmp "$export_dir/changed" "$export_dir/changed.model"
}

direct() {
	local bs
	for bs in 512 4096 65536 1048576 1000000; do
		check dd if="$WORK/random" of="$mnt/direct" bs=$bs oflag=direct status=none
		check cmp "$WORK/random" "$export_dir/direct"
		check dd if="$mnt/direct" of="$WORK/back" bs=$bs iflag=direct status=none
		check cmp "$WORK/random" "$WORK/back"
	done
	# whose length is no number of words
	check truncate -s 99999 "$export_dir/direct" "$WORK/random.short"
	head -c 99999 "$WORK/random" > "$WORK/random.short"
	check dd if="$mnt/direct" of="$WORK/back" bs=65537 iflag=direct status=none
	check cmp "$WORK/random.short" "$WORK/back"
}

entries() {
	local n
	n=$(find "$mnt/many" -name 'entry-*' | wc -l)
	[ "$n" -eq 10000 ] || fail "$n entries"
	check rm "$mnt/many/entry-05000"
	touch "$export_dir/many/entry-05000"
}

locks() {
	check flock -w 5 "$mnt/lock" true
	start holder python3 -c "import fcntl, time; f = open('$mnt/lock', 'r+'); fcntl.flock(f, fcntl.LOCK_EX); time.sleep(1000)"
	wait_for "! flock -n '$mnt/lock' true"
	stop holder
	wait_for "flock -n '$mnt/lock' true" 30
}

acls() {
	touch "$mnt/guarded"
	check setfacl -m u:1234:rw "$mnt/guarded"
	check getfacl -n "$mnt/guarded"
	expect_output '^user:1234:rw-'
	check getfacl -n "$export_dir/guarded"
	expect_output '^user:1234:rw-'
}

sparse() {
	check truncate -s 1G "$mnt/sparse"
	for at in 0 123456 536870912 1073741000; do
		echo "at $at" | dd of="$mnt/sparse" bs=1 seek="$at" conv=notrunc status=none
	done
	drop_caches
	for at in 0 123456 536870912 1073741000; do
		[ "$(dd if="$export_dir/sparse" bs=1 skip="$at" count=$((3 + ${#at})) status=none)" = "at $at" ] ||
			fail "at $at"
		[ "$(dd if="$mnt/sparse" bs=1 skip="$at" count=$((3 + ${#at})) status=none)" = "at $at" ] ||
			fail "at $at, through the mount"
	done
	check rm "$mnt/sparse"
}

writers() {
	check fio --name=writers --directory="$mnt" --numjobs=8 --size=1M --rw=randwrite --bsrange=512-256k \
		--bs_unaligned --verify=crc32c --do_verify=1 --verify_fatal=1 --ioengine=psync --fallocate=none \
		--thread --group_reporting --randseed=5
	rm "$mnt"/writers.*
}

head -c 2000000 /dev/urandom > "$WORK/random"
for version in $versions; do
	say "version $version"
	mount_nfs "$version"
	change
	direct
	entries
	[ "$version" = 3 ] || locks
	[ "$version" != 3 ] || acls
	sparse
	writers
	xprt_stats
	[ "${stats[19]}" -eq 0 ] || fail "bad replies: ${stats[*]}"
	rm -f "$mnt"/changed* "$mnt/direct" "$mnt/lock" "$mnt/guarded"
	check umount "$mnt"
done

for size in 1024 4096 32768 262144 1048576; do
	say "rsize and wsize $size"
	mount_nfs 4.2 "rsize=$size,wsize=$size"
	check grep -q ",rsize=$size,wsize=$size," /proc/mounts
	check cp "$WORK/random" "$mnt/sized"
	check cmp "$WORK/random" "$export_dir/sized"
	drop_caches
	check cmp "$WORK/random" "$mnt/sized"
	check umount "$mnt"
done
