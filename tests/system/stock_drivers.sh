#!/bin/bash
# what: the distribution's own rdmavt drivers load on our rdmavt, without force
# kernels: stock
# timeout: 60
. "$SUITE/tests/system/lib.sh"

ours rdmavt || fail "modprobe rdmavt would load $(modinfo -n rdmavt)"

for driver in hfi1 ib_qib; do
	say "$driver"
	ours "$driver" && fail "$driver is not the distribution's"
	check modprobe "$driver"
	[ -e "/sys/module/rdmavt/holders/$driver" ] || fail "$driver does not use rdmavt"
	check modprobe -r "$driver"
done
