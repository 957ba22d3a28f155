#!/bin/bash
# what: SRP: trace events tell of each state of a channel and of its commands, with their names, and of logins turned down
# kernels: uml-kasan
# timeout: 120
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"

load_suite rvt_roce ib_srpt
one_link
serve_srp link0
trace_states
start_steps

# events NAME - what the trace has of an event, as it is printed
events() { sed -n "s/.* $1: //p" $tracing/trace; }

# one_event NAME TEXT - exactly this once
one_event() {
	[ "$(events "$1" | grep -cxF -- "$2")" = 1 ] || fail "not one '$1: $2' in:"$'\n'"$(events "$1")"
}

# states_of TAG STATE... - all of that command, in order, and no others
states_of() {
	local was='done' is index want=
	index=$(events srpt_cmd_state | sed -n "s/.* command \([0-9]*\) tag 0x$1 .*/\1/p")
	index=${index%%$'\n'*}
	[ "${index:-128}" -lt 128 ] || fail "command '$index' of tag $1"
	for is in "${@:2}"; do
		want+="qpn $qpn command $index tag 0x$1 $was -> $is"$'\n'
		was=$is
	done
	diff <(printf '%s' "$want") <(events srpt_cmd_state | grep " tag 0x$1 ") ||
		fail "the states of $1 (<: expected, >: seen)"
}

say "turned down"
check drop_acl "$tpg/acls/$client"
expect "refused 10006" a login
one_event srpt_login_rejected "$client reason 0x10006 error -13"
add_acl "$client"

say "granted"
expect ready a login
qpn=$(sed -n 's/.*QP number: \([0-9]*\) .*/\1/p' "$tpg/acls/$client/info")
[ "${qpn:-0}" -gt 1 ] || fail "QP number '$qpn'"
qpn=$(printf '0x%x' "$qpn")
one_event srpt_ch_state "$client qpn $qpn connecting -> live"

say "commands"
for what in tur read write table abort; do
	# Tags are the initiator's, all 64 bits of them.
	case $what in
	tur)	tag=1 ;;
	read)	tag=fedcba9876543210 ;;
	write)	tag=8000000000000001 ;;
	table)	tag=123456789abcdef ;;
	abort)	tag=2 ;;
	esac
	expect ok a "$what" "$tag" "$tag"
	step a reply
	[[ $ANSWER = "$tag "*" "[05]" 1" ]] || fail "$what: $ANSWER"
done
expect ok a leave
wait_for no_sessions
states_of 1 new cmd_rsp_sent 'done'
states_of fedcba9876543210 new cmd_rsp_sent 'done'
states_of 8000000000000001 new need_data data_in cmd_rsp_sent 'done'
states_of 123456789abcdef new need_data new cmd_rsp_sent 'done'
states_of 2 new mgmt mgmt_rsp_sent 'done'

say "the end: the initiator leaves, and the target throws one out"
expect ready b login
write 0 "$tpg/enable"
expect ok b closed
wait_for no_sessions
write 1 "$tpg/enable"
qpns=$(events srpt_ch_state | sed -n "s/^$client qpn \(0x[0-9a-f]*\) connecting -> live$/\1/p")
[ "$(sort -u <<< "$qpns" | wc -l)" = 2 ] || fail "not two channels: $qpns"
for qpn in $qpns; do
	for change in "live -> disconnecting" "disconnecting -> draining" \
		"draining -> disconnected"; do
		one_event srpt_ch_state "$client qpn $qpn $change"
	done
done
