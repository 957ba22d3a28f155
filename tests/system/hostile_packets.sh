#!/bin/bash
# what: raw packets with a good ICRC - every opcode, length, field - move counters and change nothing else
# kernels: uml-kasan uml-leak
# timeout: 600
. "$SUITE/tests/system/lib.sh"
[ "$link_type" = rvt ] || skip "about our receive path"

raw() { check ip netns exec there python3 "$SUITE/tests/system/raw_roce.py" "$@"; }

# target PEER [ADDRESS] - a `vt target` with that peer; its QPNs and keys are in $names
target() {
	mkfifo "$WORK/ask"
	exec 9<> "$WORK/ask"
	vt target -b -d rvt0 -a "${2:-10.7.0.1}" "$1" > "$WORK/target.log" 2>&1 <&9 &
	# shellcheck disable=SC2034 # stop reads it
	pid_target=$!
	defer "stop target"
	wait_for "grep -q psn= $WORK/target.log" 20
	read -r -a names <<< "$(grep psn= "$WORK/target.log")"
}

ask_target() {
	echo >&9
	wait_for "grep -q happened $WORK/target.log" 20
	say "$(tail -n +5 "$WORK/target.log")"
}

end_target() {
	exec 9>&-
	stop target
	rm "$WORK/ask"
}

# one COUNTER KIND - 40 packets of a kind move just this counter of drops, by 40
one() {
	local before after total
	before=$(counter rvt0 "$1")
	total=$(counter rvt0 drops)
	raw 10.7.0.2 10.7.0.1 one "$2" 40 "${names[@]}"
	wait_for "[ \$(counter rvt0 $1) -ge $((before + 40)) ]"
	after=$(counter rvt0 "$1")
	[ "$after" -eq $((before + 40)) ] || fail "$1 went from $before to $after"
	[ "$(counter rvt0 drops)" -eq $((total + 40)) ] || fail "other drops were counted too"
}

load_suite
make_netns there
make_veth_pair v0 v1 there
check sysctl -qw net.ipv6.conf.v0.accept_dad=0
add_link rvt0 v0
check ip neigh add 10.7.0.77 lladdr 02:00:00:00:00:77 nud permanent dev v0

say "QPs whose peer is another: nothing reaches them"
target 10.7.0.77
one icrc_errors icrc
one drop_malformed tver
one drop_malformed qpn0
one drop_malformed truncated
one drop_opcode opcode
one drop_no_qp no_qp
one drop_qp_type qp_type
one drop_address plain
one drop_pkey pkey
one drop_qkey qkey
for name in "${names[@]:0:3}"; do
	declare "${name%=*}=${name#*=}"
done
# shellcheck disable=SC2154 # just declared
raw 10.7.0.2 10.7.0.1 sweep "$rc" longest=80
raw 10.7.0.2 10.7.0.1 sweep "$uc" "$ud" 1 longest=64
raw 10.7.0.2 10.7.0.1 sweep 0 0xffffff 0x7ffff1 longest=20
raw fd07::2 fd07::1 sweep "$rc" longest=64
raw 10.7.0.2 10.7.0.1 fields "${names[@]/qkey=*/qkey=0x55}"
ask_target
grep -q 'nothing happened' "$WORK/target.log" || fail "something happened to the QPs"
end_target

say "QPs whose peer is the sender: they may come to grief, nobody else"
target 10.7.0.2
one drop_protocol uc_middle
raw 10.7.0.2 10.7.0.1 one rc_middle 1 "${names[@]}"
wait_for "rdma resource show qp link rvt0/1 type RC | grep 'state ERR'"
one drop_qp_state plain
ask_target
end_target
for seed in {1..6}; do
	target 10.7.0.2
	raw 10.7.0.2 10.7.0.1 random 3000 seed="$seed" "${names[@]}"
	ask_target
	end_target
done
target 10.7.0.2
raw 10.7.0.2 10.7.0.1 fields "${names[@]}"
ask_target
end_target

say "and over IPv6"
for seed in {7..9}; do
	target fd07::2 fd07::1
	raw fd07::2 fd07::1 random 3000 seed="$seed" "${names[@]}"
	ask_target
	end_target
done
target fd07::2 fd07::1
raw fd07::2 fd07::1 fields "${names[@]}"
ask_target
end_target

say "the device works"
check vt run -d rvt0 -a 10.7.0.1 'rc/*/64k/*' 'ud/send/mtu/*' 'basic/order/*'
expect_output ' 0 failed'
