#!/bin/bash
# what: NFS over RDMA: hundreds of malformed headers over real verbs: each is answered as RFC 8166 says, or costs the client its connection, and others are served all the time
# kernels: uml-kasan uml-leak stock
# timeout: 400
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libnfs.sh"

load_nfs
check modprobe rdma_ucm
one_link
start_nfsd
mount_nfs 4.2
head -c 300000 /dev/urandom > "$WORK/random"
start reader sh -c "while dd if='$WORK/random' of='$mnt/copied' bs=100000 conv=fsync status=none &&
	cmp '$WORK/random' '$export_dir/copied'; do sleep 1; done"
python3 "$SUITE/tests/nfs/messages.py" > "$WORK/messages"
start bad sh -c "badclientnfs $server < $WORK/messages"
finish bad
grep -q ' messages$' "$WORK/bad.log" || fail "$(cat "$WORK/bad.log")"
say "$(cat "$WORK/bad.log")"
running reader || fail "the other client: $(cat "$WORK/reader.log")"
stop reader
drop_caches
check cmp "$WORK/random" "$mnt/copied"
check umount "$mnt"
