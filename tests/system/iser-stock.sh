#!/bin/bash
# what: stock ib_iser and ib_isert over our provider: 64 MiB written and verified, short cut and packets
# kernels: stock
# timeout: 240
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"

modinfo ib_isert > /dev/null 2>&1 || skip "a kernel without iSER"
command -v iscsid > /dev/null || skip "no initiator: apt-get install open-iscsi"
iqn=iqn.2003-01.org.example:disk0
portal=10.7.0.2:3260

# serve_iser - a portal with the disk in $STORE, for whoever comes
serve_iser() {
	check mkdir $target/iscsi
	defer "rmdir $target/iscsi"
	tpg=$target/iscsi/$iqn/tpgt_1
	check mkdir -p "$tpg"
	defer "rmdir $tpg ${tpg%/*}"
	add_lun 0 "$STORE"
	write 0 "$tpg/attrib/authentication"
	write 1 "$tpg/attrib/generate_node_acls"
	write 0 "$tpg/attrib/demo_mode_write_protect"
	check mkdir "$tpg/np/$portal"
	defer "rmdir $tpg/np/$portal"
	write 1 "$tpg/np/$portal/iser"
	enable_tpg
}

iscsi_node() { check iscsiadm -m node -T $iqn -p $portal "$@"; }

log_in_iser() {
	iscsi_node -l
	wait_for 'find_iser_disk' 30
	say "$DISK"
}

find_iser_disk() {
	local block
	for block in /sys/class/iscsi_session/session*/device/target*/*/block/sd*; do
		DISK=/dev/${block##*/}
		[ -b "$DISK" ] && return
	done
	return 1
}

load_suite
one_link
check modprobe -a iscsi_target_mod ib_isert ib_iser sd_mod
ramdisk disk0 72
serve_iser
mkdir -p /run/lock/iscsi
echo InitiatorName=iqn.2003-01.org.example:client > /etc/iscsi/initiatorname.iscsi
# It ends its whole process group.
start iscsid setsid iscsid -f
wait_for "iscsiadm -m iface" 20
iscsi_node -o new -I iser
defer "iscsiadm -m node -o delete"
for loopback in 1 0; do
	set_loopback link0 $loopback
	log_in_iser
	verify "$DISK" 64
	iscsi_node -u
done
[ "$(counter link0 loopback_bytes)" -gt $((128 << 20)) ] || fail "the short cut was not taken"
[ "$(counter link0 rcvd_bytes)" -gt $((128 << 20)) ] || fail "no packets were sent"
