#!/bin/bash
# what: SRP: Debian's targetcli creates a target, saves, clears and restores it, and lists its sessions
# kernels: stock
# timeout: 300
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"
# Whenever it looks at all fabrics it wants the iSCSI one, too.
modinfo iscsi_target_mod > /dev/null 2>&1 || skip "a kernel without an iSCSI target"
command -v targetcli > /dev/null || skip "no targetcli"

# cli - commands on standard input; it takes long to start
cli() {
	tee "$WORK/commands"
	run_quietly targetcli < "$WORK/commands"
	[ $STATUS -eq 0 ] || fail "targetcli: exit status $STATUS"$'\n'"$OUTPUT"
	! grep -i 'error\|invalid\|no such\|cannot' <<< "$OUTPUT" || fail "$OUTPUT"
}

# Fabrics that it has looked at keep their modules.
leave_fabrics() {
	local directory
	for directory in "$target"/*/; do
		[ "$directory" = "$target/core/" ] || rmdir "$directory" || return
	done
}

load_srp
one_link
# Where it keeps what it saves, and its history.
mkdir -p /etc/rtslib-fb-target /etc/target /var/target "$WORK/state"
# It asks there for other backstores, and gives up if nobody is there.
mkdir -p /run/dbus
start dbus dbus-daemon --system --nofork --nopidfile
wait_for "[ -S /run/dbus/system_bus_socket ]"
gid=$(gid_name link0)
wwn=ib.${gid#0x}
id=$(i_port_id link0)

say "create"
cli <<- END
	/backstores/ramdisk create disk0 16M
	/srpt create $wwn
	/srpt/$wwn/luns create /backstores/ramdisk/disk0
	/srpt/$wwn/acls create ib.${id#0x}
	/srpt ls
	exit
END
expect_output "$wwn"
expect_output 'mapped_lun0'
defer leave_fabrics
defer "targetctl clear"
STORES=(one)
write $srp_port $target/srpt/discovery_auth/rdma_cm_port
log_in link0
verify "${DISKS[0]}" 4

say "sessions, and saving"
cli <<- END
	sessions list
	saveconfig $WORK/saved.json
	exit
END
expect_output 'LOGGED_IN'
log_out

say "clear, restore"
check targetctl clear
[ ! -d "$target/srpt/$gid" ] || fail "the target is still there"
check targetctl restore "$WORK/saved.json"
[ -d "$target/srpt/$gid" ] || fail "the target is not there again"
write $srp_port $target/srpt/discovery_auth/rdma_cm_port
log_in link0
verify "${DISKS[0]}" 2
log_out
