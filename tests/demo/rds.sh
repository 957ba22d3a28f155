# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2086,SC2154 # variables shared with guest, which have no spaces
#
# The RDS step of the demonstration: see tests/demo/guest.  Two addresses of the
# interface, each a host of its own to RDS; messages between them, with RDMA.

title_rds="RDS"
modules_rds=(rds rds_rdma)

up_rds() { ip addr add $address_2/24 dev veth0; }

run_rds() {
	say "RDS: rds-ping -I $address_2 $address"
	rds-ping -c 3 -i 5 -I $address_2 $address > $work/rds-ping.log
	say "rds-stress, messages and RDMA, every byte checked"
	rds-stress -r $address > $work/rds-passive.log 2>&1 &
	local passive=$!
	wait_for 20 sh -c "ss -Hltn sport = 4000 | grep LISTEN"
	rds-stress -r $address_2 -s $address -q 4096 ${rds_rdma[@]+"${rds_rdma[@]}"} \
		-z -v -T 4 > $work/rds-stress.log 2>&1
	wait $passive
	grep -q 'active: [1-9]' $work/rds-stress.log
	lines_of_rds=$(
		echo "rds-ping: $(grep -c usec $work/rds-ping.log) of 3 answered"
		sed -n 's/^active:/rds-stress:/p' $work/rds-stress.log
		echo "every byte of a message and of RDMA was right, at both ends")
}

lines_rds() { echo "$lines_of_rds"; }

down_rds() { :; }
