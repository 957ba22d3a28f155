#!/bin/bash
# what: RDS and a peer that sends 100,000 frames over real verbs, many of them hostile: each has to end the connection, or must not, and no byte gets where it should not
# kernels: uml-kasan uml-leak
# timeout: 1800
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/librds.sh"

hostile_peer
hostile 100000 1
say "and it still works"
good_peer
