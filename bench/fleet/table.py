# SPDX-License-Identifier: Apache-2.0
#
# table.py FIGURES ROUNDS HOSTS [JSON]: what bench/fleet.sh measured, for people, and for programs.
import json
import os
import statistics
import sys

TICK = 1 / os.sysconf("SC_CLK_TCK")


def read(path):
    figures = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            name, text = line.rstrip("\n").split("\t")
            figures.setdefault(name, []).append(json.loads(text))
    return figures


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def summary(name, runs):
    row = {"name": name, "rounds": len(runs)}
    for key in runs[0]:
        row[key] = median(runs, key)
    if "ticks" in row and row.get("count"):
        row["processor_us"] = row["ticks"] * TICK * 1e6 / row["count"]
    return row


def rates(rows, names, goal=None):
    for name in names:
        row = rows.get(name)
        if row is None:
            continue
        other = rows.get("nginx " + name.removeprefix("suture ")) if name.startswith("suture ") else None
        ratio = f"{row['per_second'] / other['per_second']:6.2f} of nginx" if other else ""
        if goal and not other:
            ratio = f"{row['per_second'] / goal:6.2f} of the goal"
        print(f"  {name:26} {row['per_second']:9,.0f} {row['p50_ms']:8.2f} {row['p99_ms']:8.2f} "
              f"{row['processor_us']:9.1f}  {ratio}")


def main():
    rows = {name: summary(name, runs) for name, runs in read(sys.argv[1]).items()}
    head = f"  {'':26} {'a second':>9} {'p50 ms':>8} {'p99 ms':>8} {'µs each':>9}"
    print(f"medians of {sys.argv[2]} rounds; µs are processor time of the server\n\nfiles\n{head}")
    for way in ("plain", "tls"):
        for file in ("unchanged", "timestamp", "catalog", "module"):
            rates(rows, [f"nginx {way} {file}", f"suture {way} {file}"])
    rates(rows, ["nginx handshake", "suture handshake", "nginx resumed", "suture resumed"])
    print(f"\nhosts, {int(sys.argv[3]):,} known\n{head}")
    rates(rows, ["register"])
    rates(rows, ["report", "check-in", "check-in of a million"], goal=10_000)
    rates(rows, ["check-in at 1000", "check-in at 4000", "check-in connecting", "check-in tls",
                 "check-in tls connecting", "herd plain", "herd tls", "small machine"])
    print("\ncalls")
    for way in ("plain", "tls"):
        row = rows.get(f"wake {way}")
        if row:
            print(f"  {row['count']:,.0f} hosts that wait ({way}): {row['seconds']:.3f} s to the last answer, "
                  f"{row['p50_ms'] / 1000:.3f} s to half of them (goal: 2 s for 10,000)")
    print("\nmemory")
    for name, row in rows.items():
        if name.startswith("memory"):
            print(f"  {name.removeprefix('memory '):16} {row['anonymous_kb'] / 1024:7.1f} MiB of its own, "
                  f"{row['resident_kb'] / 1024:7.1f} with files that it maps; database "
                  f"{row['database_kb'] / 1024:8.1f} MiB")
    if "bound" in rows:
        print(f"  the small machine of 1 GiB had {rows['bound']['most_kb'] / 1024:.0f} MiB in use at most, "
              "the kernel's copies of files included")
    if len(sys.argv) > 4:
        with open(sys.argv[4], "w", encoding="utf-8") as out:
            json.dump({"rounds": int(sys.argv[2]), "hosts": int(sys.argv[3]), "figures": list(rows.values())}, out,
                      indent=2)


main()
