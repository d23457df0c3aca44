# SPDX-License-Identifier: Apache-2.0
"""usage: verdict_table.py WITHOUT.json [WITH.json]

What `suture watch affected --all --json` says, by verdict and by what decided it; of two answers, how far they differ for
vulnerabilities whose files only the second one was told."""
import collections
import json
import sys

STANDINGS = ["affected", "fixed", "not_affected", "under_investigation"]


def findings(path):
    with open(path, encoding="utf-8") as file:
        return {one["cve"]: one for one in json.load(file)["findings"]}


def decided_by(one):
    kinds = {e["kind"] for e in one["evidence"] if e["speaks_for"] == one["standing"]}
    for kind, words in (("source", "lines of the source"), ("configuration", "what is compiled"),
                        ("changelog", "the package's changelog"), ("version", "versions"), ("statement", "a statement")):
        if kind in kinds:
            return words
    return "nothing"


def table(name, found):
    print(f"{name}: {len(found)} vulnerabilities")
    for standing in STANDINGS:
        reasons = collections.Counter(decided_by(one) for one in found if one["standing"] == standing)
        print(f"  {standing:<36} {reasons.total():>6}  {100 * reasons.total() / len(found):5.1f} %")
        for reason, count in reasons.most_common():
            print(f"    by {reason:<31} {count:>6}")


def main():
    without = findings(sys.argv[1])
    table("without records", without.values())
    if len(sys.argv) < 3:
        return
    told = findings(sys.argv[2])
    table("with records", [one for cve, one in told.items() if cve in without])
    both = [cve for cve in without if any(e["by"] == "records" for e in told.get(cve, {"evidence": []})["evidence"])]
    moves = collections.Counter((without[cve]["standing"], told[cve]["standing"]) for cve in both)
    same = sum(n for (a, b), n in moves.items() if a == b)
    print(f"of {len(both)} that have a record, the verdict is the same without it for {same} ({100 * same / len(both):.1f} %)")
    for (a, b), n in moves.most_common():
        if a != b:
            print(f"  {a} → {b}: {n}")


main()
