#!/bin/bash
# what: AF_RDS sockets on the loopback transport: every errno, datagrams of all sizes, congestion, IPv4 and IPv6
# kernels: uml-kasan uml-leak
# timeout: 120
. "$SUITE/tests/system/lib.sh"

load_suite rds
check rdst 127.0.0.1 127.0.0.1
check rdst 127.0.0.1 127.0.0.2
check rdst ::1 ::1
