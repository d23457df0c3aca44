#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: bench/measure.py FILE COMMAND...

Runs a command and writes to FILE: its wall time, user and system time of all processes it started, in seconds, and the
memory of the largest of them at its peak, in kB. Ends with the command's status.

time(1) counts only processes that their parents wait for. bubblewrap leaves its child to whoever takes in orphans, and
all that ran in a build root would count for nothing; so this takes them in.
"""
import ctypes
import os
import resource
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit("measure.py: cannot take in orphans: " + os.strerror(ctypes.get_errno()))
    # What found this interpreter may have left something.
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    status = subprocess.call(sys.argv[2:])
    wall = time.monotonic() - start
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(sys.argv[1], "w", encoding="ascii") as file:
        user = used.ru_utime - before.ru_utime
        system = used.ru_stime - before.ru_stime
        file.write(f"{wall:.3f} {user:.3f} {system:.3f} {used.ru_maxrss}\n")
    sys.exit(status if status >= 0 else 128 - status)


main()
