# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by the builds of tests, after $suite is set.  Each fresh checkout compiles
# what the one before had compiled, for three kernels: ccache, which tools/setup
# installs, remembers.  Where it is missing the compiler is run as it is.
#
# $compiler is an array of arguments for make.
export CCACHE_DIR=${XDG_CACHE_HOME:-$HOME/.cache}/rdma-anywhere/ccache
export CCACHE_MAXSIZE=1G

# Objects name the kernel's directory as theirs, and the suite as seen from there.
export CCACHE_BASEDIR=$suite CCACHE_NOHASHDIR=1

compiler=()
if command -v ccache > /dev/null; then
	# shellcheck disable=SC2034 # for whoever reads this file
	compiler=(CC="ccache gcc")
fi
