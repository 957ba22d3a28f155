#!/bin/bash
# what: a result that the test prints itself counts for nothing
# kernels: uml-kasan stock
# timeout: 60
# must-fail: ^exit status 3$
for device in /dev/tty1 /dev/tty2 /dev/ttyS1 /dev/ttyS2; do
	[ -c $device ] && printf '0\n%032d 0\n' 0 > $device
done
echo 0
echo "<6>rvt-harness: end" > /dev/kmsg
exit 3
