#!/bin/bash
# what: SRP: the same as srp-queue, when each transfer needs a memory region as well
# kernels: uml-kasan
# timeout: 180
# append: ib_core.force_mr=1
. "$SUITE/tests/system/srp-queue.sh"
