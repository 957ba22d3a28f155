#!/bin/bash
# what: SRP: ten thousand logins and logouts, and a thousand that are refused; objects and memory are as before
# kernels: uml
# timeout: 3600
LOGINS=10000 REFUSED=1000
. "$SUITE/tests/system/srp-logins.sh"
