#!/bin/bash
# what: processes killed in the middle of traffic leave no queue pair, memory region or event behind
# kernels: uml-kasan uml-leak
# timeout: 120
. "$SUITE/tests/system/lib.sh"

user_objects() {
	rdma resource show qp 2> /dev/null | grep -c 'comm vt' || :
}

load_suite
make_dummy d0
add_link rvt0 d0
for loopback in 1 0; do
	[ "$link_type" != rvt ] || set_loopback rvt0 $loopback
	for op in send write read; do
		for delay in 0.2 0.5; do
			start stream vt stream -d rvt0 -a 10.7.0.1 -T 20 $op
			wait_for "[ \"\$(user_objects)\" -ge 2 ]" 20
			sleep $delay
			kill -9 "$pid_stream"
			wait "$pid_stream" 2> /dev/null || :
			pid_stream=
			wait_for "[ \"\$(user_objects)\" -eq 0 ]" 20
		done
	done
done
check vt run -d rvt0 -a 10.7.0.1 'rc/send/64k/*' 'basic/order/*'
