#!/bin/bash
# what: 9P over RDMA: a tree copied in and out and compared, at the msizes that diod has, and by many processes at a time
# kernels: uml-kasan uml-leak stock
# timeout: 300
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/lib9p.sh"

# every size once; in User Mode Linux, where each message costs milliseconds, little more
files=60 big=16
[ "$KERNEL" = stock ] || { files=14 big=1; }

load_9p
one_link
serve_9p
mkdir "$WORK/tree"
write_tree "$WORK/tree" $files $big
sums_of "$WORK/tree" > "$WORK/sums"

for msize in 8192 65512 1048576; do
	say "msize $msize"
	mount_9p "msize=$msize"
	check cp -r "$WORK/tree" "$mnt/in-$msize"
	check sync
	# past the page cache of the mount: there is none for cache=none
	same_as "$mnt/in-$msize" "$WORK/sums"
	same_as "$export_dir/in-$msize" "$WORK/sums"
	check cp -r "$mnt/in-$msize" "$WORK/out"
	same_as "$WORK/out" "$WORK/sums"
	rm -rf "$WORK/out"
	check rm -r "$mnt/in-$msize"
	[ -z "$(ls "$mnt")" ] || fail "not empty: $(ls "$mnt")"
	check umount "$mnt"
done

say "processes at a time, more than credits"
mount_9p "sq=4,rq=6"
one_of_many() {
	local dir=$mnt/many-$1
	mkdir "$dir"
	for _ in 1 2; do
		dd if="$WORK/tree/big" of="$dir/a" bs=$((3000 + 977 * $1)) count=20 status=none
		cp "$dir/a" "$dir/b"
		mv "$dir/b" "$dir/c"
		cmp "$dir/a" "$dir/c"
		cmp -n $((20 * (3000 + 977 * $1))) "$WORK/tree/big" "$dir/c" 2>&1
		rm "$dir/c"
	done
	stat -f "$dir" > /dev/null
	rm -r "$dir"
}
for i in {1..16}; do
	one_of_many "$i" &> "$WORK/many-$i.out" &
	pids+=($!)
done
for i in {1..16}; do
	wait "${pids[i - 1]}" || fail "process $i: $(cat "$WORK/many-$i.out")"
done
[ -z "$(ls "$mnt")" ] || fail "not empty: $(ls "$mnt")"

say "mmap, cached, and a random access that overlaps itself"
check umount "$mnt"
mount_9p "cache=loose,msize=262144"
check python3 - "$mnt/mapped" <<'END'
import mmap, os, random, sys
size = 300000
random.seed(1)
model = bytearray(size)
with open(sys.argv[1], "wb+") as file:
    file.truncate(size)
    with mmap.mmap(file.fileno(), size) as view:
        for _ in range(150):
            at = random.randrange(size - 5000)
            data = random.randbytes(random.randrange(1, 5000))
            view[at:at + len(data)] = data
            model[at:at + len(data)] = data
        view.flush()
        assert view[:] == model
    for _ in range(150):
        at = random.randrange(size - 5000)
        data = random.randbytes(random.randrange(1, 5000))
        os.pwrite(file.fileno(), data, at)
        model[at:at + len(data)] = data
        at = random.randrange(size - 5000)
        assert os.pread(file.fileno(), 5000, at) == model[at:at + 5000]
    os.fsync(file.fileno())
open(sys.argv[1] + ".model", "wb").write(model)
END
check umount "$mnt"
check cmp "$export_dir/mapped" "$export_dir/mapped.model"
