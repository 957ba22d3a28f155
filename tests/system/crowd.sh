#!/bin/bash
# what: 10,000 connected queue pairs in 1 GiB of memory; the last is made, used and destroyed as fast as the first
# kernels: uml-leak stock
# timeout: 240
. "$SUITE/tests/system/lib.sh"

free_kib() { awk '/^MemAvailable/ { print $2 }' /proc/meminfo; }

load_suite
make_dummy d0
add_link rvt0 d0
number=10000
for loopback in 1 0; do
	[ "$link_type" != rvt ] || set_loopback rvt0 $loopback
	before=$(free_kib)
	[ "$before" -lt 1048576 ] || say "$before KiB are free, more than the test is about"
	check vt crowd -d rvt0 -a 10.7.0.1 $number
	say "$OUTPUT"
	number=4000
done
