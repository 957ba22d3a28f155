# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # WORK and others come from lib.sh and libnfs.sh
#
# Writing while something happens; read after libnfs.sh.  $mnt is a mount, and
# $there the directory behind it: the server's, if that is this machine, else $mnt
# as well.
: "${there:=$export_dir}"

# Writes numbered records, each of which is on the server's disk before the next,
# until there is a file of that name: what it says it has written must be there. It
# leaves some of the processor to others.
cat > "$WORK/writer.py" <<'END'
import os, sys, time
path, report, enough = sys.argv[1:]
fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
number = 0
while not os.path.exists(enough):
    os.pwrite(fd, b"%08d" % number * 512, number * 4096)
    os.fsync(fd)
    number += 1
    with open(report + ".new", "w") as file:
        file.write(str(number))
    os.rename(report + ".new", report)
    time.sleep(0.03)
os.close(fd)
END

cat > "$WORK/reader.py" <<'END'
import sys
data = open(sys.argv[1], "rb").read()
for number in range(int(sys.argv[2])):
    assert data[number * 4096:number * 4096 + 4096] == b"%08d" % number * 512, number
END

written() { cat "$WORK/written"; }

# wait_for_progress SECONDS - the writer goes on
wait_for_progress() {
	local before
	before=$(written)
	wait_for "running writer && [ \"\$(written)\" -gt $((before + 2)) ]" "$1"
}

# start_writing, stop_writing - the file $mnt/records
start_writing() {
	rm -f "$WORK/enough"
	echo 0 > "$WORK/written"
	start writer python3 "$WORK/writer.py" "$mnt/records" "$WORK/written" "$WORK/enough"
	wait_for_progress 100
}

# (a connection is tried once a minute, after a while)
stop_writing() {
	wait_for_progress 200
	touch "$WORK/enough"
	finish writer
	say "$(written) records"
	check python3 "$WORK/reader.py" "$there/records" "$(written)"
	drop_caches
	check python3 "$WORK/reader.py" "$mnt/records" "$(written)"
}

# survives TROUBLE - while somebody writes
survives() {
	say "version $version: ${1//_/ }"
	start_writing
	"$1"
	stop_writing
}
