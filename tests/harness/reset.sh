#!/bin/bash
# what: each side of an Ethernet has the other one switched off and on again
# kernels: uml-kasan uml-leak
# timeout: 120
# ours: stock
. "$SUITE/tests/interop/lib.sh"

[ ! -e /tmp/mark ] || fail "something is left of the boot before this"
touch /tmp/mark
identity=$(cat /proc/sys/kernel/random/boot_id)
case $ROLE in
ours)
	if [ "$BOOT" -eq 1 ]; then
		sync_point first "$identity"
		other=$HEARD
		reset_other
		sync_point second
		[ "$HEARD" != "$other" ] || fail "the other side has not been switched off"
		sync_point third "$identity"
		sync_point never
	fi
	[ "$BOOT" -eq 3 ] || fail "boot $BOOT"
	sync_point fourth "$identity"
	;;
stock)
	if [ "$BOOT" -eq 1 ]; then
		sync_point first "$identity"
		sync_point never
	fi
	[ "$BOOT" -eq 2 ] || fail "boot $BOOT"
	sync_point second "$identity"
	sync_point third
	other=$HEARD
	reset_other
	sync_point fourth
	[ "$HEARD" != "$other" ] || fail "the other side has not been switched off"
	;;
esac
