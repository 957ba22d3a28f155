#!/bin/bash
# what: a kernel line that a test declares does not fail it
# kernels: uml-kasan
# timeout: 60
# expect-log: WARNING: .* plant_warning
insmod "$SUITE/build/$KERNEL/harness/planted.ko" fault=warning
