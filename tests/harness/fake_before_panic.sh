#!/bin/bash
# what: a result printed before a crash does not hide the crash
# kernels: uml-kasan
# timeout: 90
# must-fail: the kernel died
for device in /dev/tty2 /dev/ttyS2; do
	[ -c $device ] && printf '0\n%032d 0\n' 0 > $device
done
insmod "$SUITE/build/$KERNEL/harness/planted.ko" fault=panic
