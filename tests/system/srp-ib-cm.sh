#!/bin/bash
# what: SRP: logins through the IB CM over RoCE: granted and turned down, data, several channels; in another name space
# kernels: uml-kasan uml-leak
# timeout: 180
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"
modinfo srpt_ib_cm_test > /dev/null 2>&1 || skip "a kernel without KUnit"

check modprobe ib_srpt srpt_roce_ib_cm=1
load_srp
one_link
ramdisk disk0 8
STORES=("$STORE")
make_tpg link0
add_lun 0 "$STORE"
name=$(gid_of 10.7.0.1 | tr -d :)

say "not enabled"
ib_cm_initiator reason=0x10001
enable_tpg

say "no ACL, or others'"
add_acl 10.7.0.3
add_acl "$server"
ib_cm_initiator reason=0x10006

say "each form of a name, without any port of the RDMA CM"
# admitted NAME [PARAMETER=VALUE...]
admitted() {
	add_acl "$1"
	ib_cm_initiator "${@:2}"
	drop_acl "$tpg/acls/$1"
}
admitted "0x0000000000000007${name:16}"
admitted "0000000000000007${name:16}" brief=1
admitted "$client" brief=1
admitted "0x$name" brief=1
# A shared receive queue takes no immediate data.
write 1 "$tpg/attrib/use_srq"
admitted "${name:16:4}:${name:20:4}:${name:24:4}:${name:28:4}" immediate=0

say "a target whose interface is in another name space"
client=10.8.0.1
make_netns there
make_veth_pair v0 v1 there 8
add_link here0 v0
add_link there0 v1 there
make_tpg there0
add_lun 0 "$STORE"
add_acl "$client"
enable_tpg
ib_cm_initiator brief=1 device=here0 address=10.8.0.1 peer_device=there0 peer_address=10.8.0.2
