#!/bin/bash
# what: AF_RDS sockets on the loopback transport: every errno, datagrams of all sizes, congestion, IPv4 and IPv6
# kernels: uml-kasan uml-leak
# timeout: 120
. "$SUITE/tests/system/lib.sh"

load_suite rds
check rdst 127.0.0.1 127.0.0.1
check rdst 127.0.0.1 127.0.0.2
check rdst ::1 ::1

say "to other addresses of this host, and not to other hosts"
make_dummy d0
for pair in "127.0.0.1 10.7.0.1 10.7.0.2" "::1 fd07::1 fd07::2"; do
	read -r here this other <<< "$pair"
	check rds-ping -c 1 -i 2 -I "$here" "$this"
	check rdst "$here" "$other" rdma-elsewhere
done
