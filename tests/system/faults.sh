#!/bin/bash
# what: each allocation of each verb, and of adding a link, fails once; all errors unwind
# kernels: uml-kasan uml-leak
# timeout: 240
. "$SUITE/tests/system/lib.sh"

faults_in_silence

load_suite
make_dummy d0
say "rdma link add"
check python3 "$SUITE/tests/system/link_faults.py" rvt0 "$link_type" d0
say "$OUTPUT"
expect_output 'places: [0-9]+ refusals'
add_link rvt0 d0
say "verbs, short cut"
check vt faults -d rvt0 -a 10.7.0.1
expect_output ' 0 failed'
[ "$link_type" = rvt ] || exit 0
say "verbs, packets"
set_loopback rvt0 0
check vt faults -d rvt0 -a 10.7.0.1
expect_output ' 0 failed'

say "packets and acknowledgments are not made or not taken, under traffic"
random=/sys/kernel/debug/failslab
echo Y > $random/ignore-gfp-wait	# what may sleep is spared
echo -1 > $random/times
echo 2 > $random/probability
check vt stream -d rvt0 -a 10.7.0.1 -t 10 -T 5 write
echo 0 > $random/probability
lost=$(counter rvt0 drop_no_memory)
say "$lost packets were lost"
[ "$lost" -gt 20 ] || fail "too few to tell"
