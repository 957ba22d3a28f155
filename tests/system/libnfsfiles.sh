# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # WORK and others come from lib.sh and libnfs.sh
#
# What one does with files; read after libnfs.sh. $mnt is a mount, and $there the
# directory behind it: the server's, if that is this machine, else $mnt as well.
: "${there:=$export_dir}"

# make_entries - 10,000, in the directory that is exported, and a file with so many
# ACL entries that neither a Call nor a Reply with them is inline; nfsd fails if its
# Reply for version 3 is larger than a page
make_entries() {
	python3 - "$export_dir/many" <<-'END'
	import os, sys
	os.mkdir(sys.argv[1])
	for i in range(10000):
	    os.close(os.open(f"{sys.argv[1]}/entry-{i:05}", os.O_CREAT))
	END
	touch "$export_dir/guarded-there"
	check setfacl -M "$WORK/acl" "$export_dir/guarded-there"
}

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
	check cmp "$there/changed" "$there/changed.model"
}

# Not more than 200 times the same.
direct() {
	local bs
	for bs in 512 4096 65536 1048576 1000000; do
		head -c $((200 * bs)) "$WORK/random" > "$WORK/part"
		check dd if="$WORK/part" of="$mnt/direct" bs=$bs oflag=direct status=none
		check cmp "$WORK/part" "$there/direct"
		check dd if="$mnt/direct" of="$WORK/back" bs=$bs iflag=direct status=none
		check cmp "$WORK/part" "$WORK/back"
	done
	# whose length is no number of words
	head -c 99999 "$WORK/random" > "$WORK/random.short"
	check cp "$WORK/random.short" "$there/direct"
	check dd if="$mnt/direct" of="$WORK/back" bs=65537 iflag=direct status=none
	check cmp "$WORK/random.short" "$WORK/back"
}

entries() {
	local n
	n=$(find "$mnt/many" -name 'entry-*' | wc -l)
	[ "$n" -eq 10000 ] || fail "$n entries"
	check rm "$mnt/many/entry-05000"
	touch "$there/many/entry-05000"
}

# One process has bytes 100 to 199, and no other gets at them: here or, because
# the server knows, there.
locks() {
	: > "$there/lock"
	start holder python3 "$WORK/lock.py" "$mnt/lock" 100 100 1000
	wait_for "running holder && grep -q locked $WORK/holder.log" 30
	expect_fail python3 "$WORK/lock.py" "$mnt/lock" 199 1 0
	expect_output 'BlockingIOError'
	expect_fail python3 "$WORK/lock.py" "$there/lock" 100 1 0
	expect_output 'BlockingIOError'
	check python3 "$WORK/lock.py" "$mnt/lock" 200 100 0
	start waiter python3 "$WORK/lock.py" "$mnt/lock" 150 1 1
	wait_for "grep -q asking $WORK/waiter.log && asleep waiter"
	pause 3
	! grep -q locked "$WORK/waiter.log" || fail "two have the same lock"
	stop holder
	finish waiter
	expect_fail flock -n "$mnt/lock" sh -c "flock -n '$mnt/lock' true"
}

# has_acl FILE - the one of make_entries
has_acl() {
	getfacl -n "$1" 2> /dev/null | grep '^user:1' > "$WORK/acl.there"
	check cmp "$WORK/acl" "$WORK/acl.there"
}

acls() {
	touch "$mnt/guarded"
	if [ "$1" = 3 ]; then
		check setfacl -M "$WORK/acl" "$mnt/guarded"
		drop_caches
		has_acl "$mnt/guarded"
	else
		# which has its own kind of ACLs: take those that the server makes of it
		check python3 - "$mnt/guarded-there" "$mnt/guarded" <<-'END'
		import os, sys
		acl = os.getxattr(sys.argv[1], "system.nfs4_acl")
		assert len(acl) > 4096, len(acl)
		os.setxattr(sys.argv[2], "system.nfs4_acl", acl)
		assert os.getxattr(sys.argv[2], "system.nfs4_acl") == acl
		END
	fi
	# the server's own tools may be out of reach
	[ "$there" = "$mnt" ] || has_acl "$there/guarded"
}

sparse() {
	check truncate -s 1G "$mnt/sparse"
	for at in 0 123456 536870912 1073741000; do
		echo "at $at" | dd of="$mnt/sparse" bs=1 seek="$at" conv=notrunc status=none
	done
	drop_caches
	for at in 0 123456 536870912 1073741000; do
		[ "$(dd if="$there/sparse" bs=1 skip="$at" count=$((3 + ${#at})) status=none)" = "at $at" ] ||
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

# lock.py FILE FIRST COUNT SECONDS - lock bytes for so long; 0: if that is possible
cat > "$WORK/lock.py" <<'END'
import fcntl, sys, time
path, first, count, seconds = sys.argv[1], *map(int, sys.argv[2:])
with open(path, "r+b") as file:
    print("asking", flush=True)
    fcntl.lockf(file, fcntl.LOCK_EX | (0 if seconds else fcntl.LOCK_NB), count, first)
    print("locked", flush=True)
    time.sleep(seconds)
END

# use_files VERSION - all of this; locks of version 3 only with $lock
use_files() {
	change
	direct
	entries
	[ "$1${lock:-}" = 3 ] || locks
	acls "$1"
	sparse
	writers
	xprt_stats
	[ "${ROLE:-ours}" = stock ] || [ "${stats[19]}" -eq 0 ] || fail "bad replies: ${stats[*]}"
	[ "${ROLE:-ours}" = stock ] || [ "${stats[20]}" -gt 0 ] || fail "no long Calls: ${stats[*]}"
	rm -f "$mnt"/changed* "$mnt/direct" "$mnt/lock" "$mnt/guarded"
}

# use_sizes VERSION SIZE... - as rsize and wsize
use_sizes() {
	local size version=$1
	shift
	for size in "$@"; do
		say "rsize and wsize $size"
		mount_nfs "$version" "rsize=$size,wsize=$size"
		check grep -q ",rsize=$size,wsize=$size," /proc/mounts
		head -c $((300 * size)) "$WORK/random" > "$WORK/part"
		check cp "$WORK/part" "$mnt/sized"
		check cmp "$WORK/part" "$there/sized"
		drop_caches
		check cmp "$WORK/part" "$mnt/sized"
		check umount "$mnt"
	done
}

head -c 2000000 /dev/urandom > "$WORK/random"
for ((id = 10001; id <= 10320; id += 2)); do
	echo "user:$id:r-x"
	echo "user:$((id + 1)):r--"
done > "$WORK/acl"
