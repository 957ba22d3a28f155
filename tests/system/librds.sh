# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What RDS scenarios have in common; read after lib.sh.

# two_addresses - of a host, 10.7.0.1 and 10.7.0.2: RDS takes each for a host of its own
two_addresses() {
	local options
	check rds-ping -c 2 -i 2 -I 10.7.0.1 10.7.0.2
	for options in "-q 1024 -d 4" "-q 200000" "-q 64 -D 65536"; do
		start stress rds-stress -r 10.7.0.2
		wait_for "listening stress" 20
		# shellcheck disable=SC2086 # options
		check timeout 60 rds-stress -r 10.7.0.1 -s 10.7.0.2 -z -v -T 2 $options
		expect_output 'active: [1-9][0-9]* messages'
		finish stress
	done
}
