#!/bin/bash
# what: no limit of our device is below that of stock rdma_rxe, but max_sge_rd, which NFS wants small, and max_pkeys
# kernels: uml-kasan stock
# timeout: 60
. "$SUITE/tests/system/lib.sh"
[ "$link_type" = rvt ] || skip "compares our device with that of rdma_rxe"

make_dummy d0
modprobe rdma_rxe || skip "a kernel without rdma_rxe"
link_type=rxe add_link link0 d0
ibv_devinfo -v -d link0 > "$WORK/rxe"
delete_link link0
check modprobe -r rdma_rxe
load_suite
add_link link0 d0
ibv_devinfo -v -d link0 > "$WORK/ours"

check python3 - "$WORK/rxe" "$WORK/ours" <<- 'END'
	import re, sys

	def limits(path):
	    """What ibv_devinfo prints as `max_NAME: NUMBER`, and lengths of tables."""
	    with open(path) as file:
	        found = re.findall(r"^\s*(max_\w+|\w+_tbl_len):\s+(0x[0-9a-f]+|\d+)\b",
	                           file.read(), re.M)
	    return {name: int(value, 0) for name, value in found}

	theirs, ours = limits(sys.argv[1]), limits(sys.argv[2])
	assert len(theirs) > 20, theirs
	print(ours)
	# Above 16 the NFS client would take it for the length of its registrations.
	assert 1 <= ours["max_sge_rd"] <= 16, ours["max_sge_rd"]
	# rdma_rxe says 64 partitions of a table with room for one, which is compared, too.
	del theirs["max_sge_rd"], theirs["max_pkeys"]
	less = {name: (theirs[name], ours.get(name)) for name in theirs
	        if ours.get(name, -1) < theirs[name]}
	assert not less, f"less than rdma_rxe: {less}"
END
say "$OUTPUT"
