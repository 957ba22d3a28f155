#!/bin/bash
# what: SRP: device management queries to the ports of an InfiniBand device, through ib_mad, are answered with what the target is
# kernels: uml-kasan uml-leak
# timeout: 120
. "$SUITE/tests/system/lib.sh"
modinfo srpt_mad_test > /dev/null 2>&1 || skip "a kernel without KUnit"

guid=0x0123456789abcdef
check modprobe ib_srpt srpt_service_guid=$guid
load_suite rdmavt ib_srpt
check dmesg -C
check modprobe srpt_mad_test guid=$guid
check modprobe -r srpt_mad_test
report=$(dmesg)
for name in srpt-mad srpt-mad-second-port; do
	[[ $report =~ \]\ ok\ [0-9]+\ (-\ )?$name$'\n' || $report =~ \]\ ok\ [0-9]+\ (-\ )?$name$ ]] ||
		fail "$report"
done
