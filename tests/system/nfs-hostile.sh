#!/bin/bash
# what: NFS over RDMA: hundreds of malformed headers over real verbs: each is answered as RFC 8166 says, or costs the client its connection; one takes no Replies; others are served all the time
# kernels: uml-kasan uml-leak stock
# timeout: 400
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libnfs.sh"

load_nfs
check modprobe rdma_ucm
one_link
start_nfsd
# so that one message can have more segments than a Call can have pages
echo 8192 > /proc/sys/sunrpc/svc_rdma/max_req_size
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

# written - Replies of which something was written
written() { cat /proc/sys/sunrpc/svc_rdma/rdma_stat_write; }

# settled - there were no more in a while
settled() {
	local before
	before=$(written)
	pause 2
	[ "$(written)" = "$before" ]
}

say "a client that takes no Replies"
# a send queue that is soon full, and few threads to wait for it
echo 16 > /proc/sys/sunrpc/svc_rdma/max_requests
echo 2 > /proc/fs/nfsd/threads
echo 0 > /proc/sys/sunrpc/svc_rdma/rdma_stat_write
start flood badclientnfs "$server" flood
wait_for "grep -q flooded '$WORK/flood.log' && [ \"\$(written)\" -ge 5 ]" 30
wait_for settled
say "$(written) of its Calls are being answered"
[ "$(written)" -lt 36 ] || fail "all its $(written) Calls are"
for i in {1..8}; do
	within 60 cp "$WORK/random" "$mnt/again-$i"
	[ "$STATUS" -eq 0 ] || fail "the other client waits: $OUTPUT"
done
check cmp "$WORK/random" "$export_dir/again-8"
running flood || fail "it is gone: $(cat "$WORK/flood.log")"
stop flood
check umount "$mnt"
