"""Searches the memory of every process in the agents' slice, on the host, as root: lines of stdin are what is looked for.

Prints how many processes it looked into, then which lines, by number from 0, it found.
"""
import glob
import sys

wanted = sys.stdin.buffer.read().split()
found = set()
looked = 0
for directory in glob.glob("/proc/[0-9]*"):
    try:
        if b"nanoclaw-agents.slice" not in open(directory + "/cgroup", "rb").read():
            continue
        memory = open(directory + "/mem", "rb", 0)
        regions = [line.split() for line in open(directory + "/maps")]
    except OSError:
        continue
    looked += 1
    for region, permissions, *_ in regions:
        start, end = (int(bound, 16) for bound in region.split("-"))
        # Regions that are reserved and never touched, such as V8's, are gigabytes.
        if not permissions.startswith("rw") or end - start > 1 << 30:
            continue
        rest = b""
        for at in range(start, end, 1 << 20):
            try:
                memory.seek(at)
                part = rest + memory.read(min(1 << 20, end - at))
            except (OSError, ValueError):
                break
            found |= {number for number, word in enumerate(wanted) if word in part}
            rest = part[-256:]
print(looked, *sorted(found))
