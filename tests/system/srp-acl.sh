#!/bin/bash
# what: SRP: whom each form of an ACL name admits, and every way to be turned down
# kernels: uml-kasan
# timeout: 240
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"

add_target=/sys/class/infiniband_srp/srp-link0-1/add_target

# admitted NAME [CLIENT SERVER] - log in, on an ACL of that name, and out again
admitted() {
	local client=${2:-$client} server=${3:-$server}
	add_acl "$1"
	log_in link0 initiator_ext=0000000000000007
	grep -q '^CID' "$tpg"/acls/*/info || fail "no session"
	log_out
	drop_acl "$tpg/acls/$1"
}

# refused REASON LINE
refused() {
	mark_log
	expect_fail bash -c "echo '$2' > $add_target"
	log_has "Rejecting login with reason $1" || fail "no reason $1 in the log"
}

load_srp
one_link
ramdisk disk0 8
STORES=("$STORE")
make_tpg link0
add_lun 0 "$STORE"
listen_srp

say "not enabled"
refused 0x10001 "$(login_line)"
enable_tpg

say "no ACL, or another's"
refused 0x10006 "$(login_line)"
add_acl 10.7.0.3
refused 0x10006 "$(login_line)"
# The target's own address is nobody's name.
add_acl "$server"
refused 0x10006 "$(login_line)"
drop_acl "$tpg/acls/$server"

say "each form of a name"
id=$(i_port_id link0 0000000000000007)
admitted "$id"
admitted "${id#0x}"
admitted 10.7.0.1
admitted "0x$(gid_of 10.7.0.1 | tr -d :)"
admitted fd07::1 '[fd07::1]' '[fd07::2]'
admitted fd07:0000:0000:0000:0000:0000:0000:0001 '[fd07::1]' '[fd07::2]'

say "what is no name"
for name in iqn.2003-01.org.linux-iscsi:x nonsense 10.7.0.256 0x1; do
	expect_fail mkdir "$tpg/acls/$name"
done
expect_fail mkdir $target/srpt/0x00000000000000000000000000000001
expect_fail mkdir $target/srpt/nonsense

say "what cannot be granted"
add_acl 10.7.0.1
guid=$(service_guid)
line=$(login_line)
refused 0x10003 "${line/id_ext=$guid/id_ext=0000000000000001}"
refused 0x10003 "${line/ioc_guid=$guid/ioc_guid=0000000000000001}"

say "numbers that cannot be"
for value in 39 1025 x -1 ''; do
	expect_fail bash -c "echo '$value' > $tpg/attrib/srp_max_rsp_size"
done
for value in 65535 16777217; do
	expect_fail bash -c "echo $value > $tpg/attrib/srp_max_rdma_size"
done
for value in 3 65536; do
	expect_fail bash -c "echo $value > $tpg/attrib/srp_sq_size"
done
expect_fail bash -c "echo 2 > $tpg/attrib/use_srq"
expect_fail bash -c "echo 65536 > $target/srpt/discovery_auth/rdma_cm_port"
[ "$(cat $target/srpt/discovery_auth/rdma_cm_port)" = $srp_port ]
check grep -x 256 "$tpg/attrib/srp_max_rsp_size"
check grep -x 65536 "$tpg/attrib/srp_max_rdma_size"
check grep -x 4096 "$tpg/attrib/srp_sq_size"
check grep -x 0 "$tpg/attrib/use_srq"
