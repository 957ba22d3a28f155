#!/bin/bash
# what: SRP: Debian's targetcli creates a target, saves, clears and restores it, and lists its sessions
# kernels: uml-kasan stock
# timeout: 240
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"
command -v targetcli > /dev/null || skip "no targetcli"

cli() { check targetcli "$@"; }

load_srp
one_link
# Where it keeps what it saves, and its history.
mkdir -p /etc/rtslib-fb-target /etc/target /var/target "$WORK/state"
gid=$(gid_name link0)
wwn=ib.${gid#0x}
id=$(i_port_id link0)
defer "targetcli clearconfig confirm=True > /dev/null"

# It asks there for other backstores, and gives up if nobody is there.
mkdir -p /run/dbus
start dbus dbus-daemon --system --nofork --nopidfile
wait_for "[ -S /run/dbus/system_bus_socket ]"

say "create"
cli /backstores/ramdisk create disk0 16M
cli /srpt create "$wwn"
cli "/srpt/$wwn/luns" create /backstores/ramdisk/disk0
cli "/srpt/$wwn/acls" create "ib.${id#0x}"
cli ls
expect_output "$wwn"
expect_output 'mapped_lun0'
write $srp_port $target/srpt/discovery_auth/rdma_cm_port
[ "$(cat "$target/srpt/$gid"/*/enable)" = 1 ] || cli "/srpt/$wwn" enable
log_in link0
verify "${DISKS[0]}" 4

say "sessions"
cli sessions list
expect_output 'LOGGED_IN'
log_out

say "save, clear, restore"
cli saveconfig "$WORK/saved.json"
cli clearconfig confirm=True
[ ! -d "$target/srpt/$gid" ] || fail "clearconfig leaves the target"
cli restoreconfig "$WORK/saved.json"
cli ls
expect_output "$wwn"
write $srp_port $target/srpt/discovery_auth/rdma_cm_port
log_in link0
verify "${DISKS[0]}" 2
log_out
