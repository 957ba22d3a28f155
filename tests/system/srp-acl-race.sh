#!/bin/bash
# what: SRP: an ACL comes and goes while its initiator logs in all the time: it is let in and thrown out, at once
# kernels: uml-kasan uml-leak
# timeout: 180
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"

load_srp
check modprobe rdma_ucm
one_link
serve_srp link0
acl=$tpg/acls/$client
check drop_acl "$acl"

logged_in() { [ "$(sessions)" -gt 0 ]; }

mkfifo "$WORK/line"
start badsrp sh -c "exec badsrp $server $client $(service_guid) until-refused < $WORK/line"
exec {line}> "$WORK/line"
for ((i = 0; i < 20; i++)); do
	add_acl "$client"
	# Half of the times when the login is done, else in the middle of it.
	if ((i % 2)); then
		wait_for logged_in 30
	else
		pause "0.0$((i * 7 % 10))"
	fi
	running badsrp || fail "badsrp has ended: $(cat "$WORK/badsrp.log")"
	drop_acl "$acl"
	no_sessions || fail "$(sessions) channels without an ACL"
done
echo >&"$line"
finish badsrp
cat "$WORK/badsrp.log"
