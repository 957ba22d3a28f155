# shellcheck shell=bash
# NFS between two kernels: read by tests/interop/nfs*.sh, in the place of lib.sh.  One
# side has our rpcrdma, over our provider at first, the other one all that is stock, but
# for the provider if the test says so.

. "$SUITE/tests/interop/lib.sh"
. "$SUITE/tests/system/libnfs.sh"

case $ROLE in
ours)	load_suite rpcrdma ;;
stock)
	check modprobe sunrpc
	check modprobe rdma_cm
	check insmod "$(find "/lib/modules/$(uname -r)/kernel/net/sunrpc" -name 'rpcrdma.ko*')"
	;;
esac
if [ "$ROLE" = stock ]; then
	! ours_is_loaded rpcrdma || fail "this is not the stock module"
else
	ours_is_loaded rpcrdma || fail "this is not our module"
fi
load_nfs_modules
defer unload_nfs

# change_to_rxe - from here on our side has the stock provider, too
change_to_rxe() {
	if [ "$ROLE" = ours ]; then
		delete_link "$DEV"
		check modprobe rdma_rxe
		link_type=rxe add_link rxe0 vec0
	fi
	sync_point changed
}
