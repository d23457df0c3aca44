#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What bench/pause.sh has measured, as tables for a terminal or a page, and as a plot.

A line of figures is one of
  pause ENGINE apply|revert TASKS idle|busy ROUND SECONDS PAUSE STOPS ATTEMPTS EXAMINED ALL GAP...
  calls none|ENGINE|after FUNCTION INSTRUCTIONS
with times in nanoseconds but SECONDS, "-" for what an engine does not tell, and a GAP for each processor.
"""
import argparse
import collections
import os
import statistics

import plot

ACTIONS = ("apply", "revert")
NAMES = {
    "nothing": "nothing is done",
    "module": "a module of the kernel's",
    "klp": "klp",
    "stopmachine": "stopmachine",
}
GOAL = 1.5

Round = collections.namedtuple("Round", "seconds pause stops attempts examined tasks gaps")


def number(text):
    return None if text == "-" else float(text)


def read(path):
    """{(engine, action, tasks, load): [Round]} and {(function, when): instructions}"""
    pauses = collections.defaultdict(list)
    calls = {}
    with open(path, encoding="ascii") as file:
        for line in file:
            words = line.split()
            if words[0] == "calls":
                calls[words[2], words[1]] = float(words[3])
                continue
            engine, action, tasks, load = words[1], words[2], int(words[3]), words[4]
            own = [number(word) for word in words[7:12]]
            gaps = [float(word) for word in words[12:]]
            pauses[engine, action, tasks, load].append(Round(float(words[6]), *own, gaps))
    return pauses, calls


def middle(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


class Pauses:
    """The figures by what they are asked for."""

    def __init__(self, rounds):
        self.rounds = rounds
        self.engines = [name for name in NAMES if any(key[0] == name for key in rounds)]
        self.tasks = sorted({key[2] for key in rounds})
        self.loads = [load for load in ("idle", "busy") if any(key[3] == load for key in rounds)]
        self.processors = max((len(round_.gaps) for all_ in rounds.values() for round_ in all_), default=0)

    def of(self, engine, action, tasks, load):
        return self.rounds.get((engine, action, tasks, load), [])

    def gap(self, engine, action, tasks, load, processor):
        return middle([round_.gaps[processor] for round_ in self.of(engine, action, tasks, load)])

    def longest(self, engine, action, tasks, load, processor):
        return max((round_.gaps[processor] for round_ in self.of(engine, action, tasks, load)), default=None)

    def own(self, field, engine, action, tasks, load):
        return middle([getattr(round_, field) for round_ in self.of(engine, action, tasks, load)])

    def worse(self, engine, tasks, load, processor):
        """Of applying and taking back."""
        gaps = [self.gap(engine, action, tasks, load, processor) for action in ACTIONS]
        return max((gap for gap in gaps if gap is not None), default=None)


def micro(value):
    return "" if value is None else f"{value / 1000:,.0f}"


def plain(value):
    return "" if value is None else f"{value:,.0f}"


def ratio(one, other):
    return "" if not one or not other else f"{one / other:.2f}"


def pause_rows(pauses):
    """The big table: a row for each engine, number of tasks and load, both ways."""
    head = ["", "tasks", "", "way"]
    for processor in range(pauses.processors):
        head += [f"CPU {processor}, µs", "longest"]
    head += ["its own, µs", "stops", "tries", "examined", "of", "s"]
    rows = [head]
    for load in pauses.loads:
        for tasks in pauses.tasks:
            for engine in pauses.engines:
                for action in ACTIONS:
                    key = (engine, action, tasks, load)
                    if not pauses.of(*key):
                        continue
                    row = [load, str(tasks), NAMES[engine], action]
                    for processor in range(pauses.processors):
                        row += [micro(pauses.gap(*key, processor)), micro(pauses.longest(*key, processor))]
                    row += [micro(pauses.own("pause", *key))]
                    row += [plain(pauses.own(field, *key)) for field in ("stops", "attempts", "examined", "tasks")]
                    row += [f"{pauses.own('seconds', *key):.2f}"]
                    rows.append(row)
    return rows


def ratio_rows(pauses):
    """Most tasks against fewest; ours against the kernel's; and whether the goal is met."""
    few, many = pauses.tasks[0], pauses.tasks[-1]
    rows = [["", "way", "", f"{few} tasks, µs", f"{many} tasks, µs", f"{many} to {few}"]]
    met = True
    for load in pauses.loads:
        for action in ACTIONS:
            for engine in ("klp", "stopmachine"):
                lines = [(f"CPU {cpu}", [pauses.gap(engine, action, tasks, load, cpu) for tasks in (few, many)])
                         for cpu in range(pauses.processors)]
                if engine == "stopmachine":
                    own = [pauses.own("pause", engine, action, tasks, load) for tasks in (few, many)]
                    lines.append(("its own", own))
                    met = met and bool(own[0] and own[1]) and own[1] / own[0] <= GOAL
                for what, (first, second) in lines:
                    if first and second:
                        rows.append([load, action, f"{engine}, {what}", micro(first), micro(second),
                                     ratio(second, first)])
    return rows, met


def versus_rows(pauses):
    rows = [["", "tasks", "way", "processor", "klp, µs", "stopmachine, µs", "stopmachine to klp"]]
    for load in pauses.loads:
        for tasks in pauses.tasks:
            for action in ACTIONS:
                for processor in range(pauses.processors):
                    klp, ours = (pauses.gap(engine, action, tasks, load, processor)
                                 for engine in ("klp", "stopmachine"))
                    if klp and ours:
                        rows.append([load, str(tasks), action, str(processor), micro(klp), micro(ours),
                                     ratio(ours, klp)])
    return rows


def call_rows(calls):
    what = {
        "umask": "`umask`, by ftrace",
        "getpriority": "`getpriority`, whose body has no entry for ftrace: klp replaces its caller, ours jumps",
    }
    rows = [["", "not patched", "klp", "more", "stopmachine", "more"]]
    for function in ("umask", "getpriority"):
        base = calls.get((function, "none"))
        if base is None:
            continue
        row = [what[function], f"{base:.1f}"]
        for engine in ("klp", "stopmachine"):
            taken = calls.get((function, engine))
            row += ["", ""] if taken is None else [f"{taken:.1f}", f"{taken - base:+.1f}"]
        rows.append(row)
    return rows


def aligned(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) if i < 1 else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in rows)


def page_table(rows, words):
    """The first `words` columns hold words, the others numbers."""
    lines = ["| " + " | ".join(rows[0]) + " |"]
    lines.append("|" + "|".join("---" if i < words else "---:" for i in range(len(rows[0]))) + "|")
    lines += ["| " + " | ".join(row) + " |" for row in rows[1:]]
    return "\n".join(lines)


def curves(pauses, load):
    """What the plot shows for one load."""
    found = []
    for engine in ("klp", "stopmachine", "nothing"):
        for processor in range(pauses.processors if engine != "nothing" else 1):
            points = [(tasks, pauses.worse(engine, tasks, load, processor)) for tasks in pauses.tasks]
            points = [(tasks, gap / 1000) for tasks, gap in points if gap]
            if points:
                name = NAMES[engine] + ("" if engine == "nothing" else f", CPU {processor}")
                found.append(plot.Curve(name, engine, processor, points))
    return found


def verdict(met):
    word = "met" if met else "not met"
    return (f"The goal, that the machine stands still for at most {GOAL} times as long with the most tasks as with the "
            f"fewest, by what the engine tells of it: {word}.")


def write_page(path, options, pauses, calls):
    picture = os.path.splitext(path)[0] + ".svg"
    with open(picture, "w", encoding="utf-8") as file:
        file.write(plot.draw([(load, curves(pauses, load)) for load in pauses.loads]))
    ratios, met = ratio_rows(pauses)
    clock = ("The machine's clock counts instructions, a nanosecond each, of both processors, which run in turn: what else "
             "the computer did changes nothing, and what takes long on hardware because memory is slow does not show."
             if options.clock == "instructions" else "The machine's clock is that of the computer that emulates it.")
    ours = bool(pauses.engines and "stopmachine" in pauses.engines)
    page = f"""<!-- SPDX-License-Identifier: Apache-2.0 -->
# For how long a patch makes a machine stand still

    bench/pause.sh --rounds {options.rounds} --markdown docs/results/{os.path.basename(path)}

{options.fix} on the stock kernel {options.kernel}, in one emulated machine with two processors, {options.rounds} rounds
with each engine, one after the other. {clock}

On each processor a thread before all others looks at the clock: every 50 µs at least, when it is let. What is told is
the longest time between two looks, the median of the rounds and the longest of all. So what lasts less than the 60 to
100 µs between two looks when nothing is done cannot be seen there; what the engine tells itself, from when the first
processor stops until the functions are switched, is exact. The patch is loaded on CPU 1, which also shows what one process
does in the kernel without letting others run; CPU 0 shows what the others see of it. Idle: the tasks sleep in nanosleep,
futex, pipe, poll and socket. Busy: on each processor two pass a byte to and fro, one calls the kernel and one forks, all
the time.

![longest time without a look at the clock](pause.svg)

{verdict(met) if ours else "The engine was not measured."}

{page_table(ratios, 3)}

## Ours and the kernel's

{page_table(versus_rows(pauses), 3)}

## All of it

{page_table(pause_rows(pauses), 4)}

“Its own” is from when the first processor stops until the functions are switched; “examined” is how many stacks were
looked at in that time, of how many tasks there were. The milliseconds on CPU 1 with few tasks are ftrace's, which goes
through all its places when one is added or taken away, with either engine, while the machine runs; what klp takes longer
with many tasks is its own way through all of them.

## What a call costs

Instructions of one system call from user space and back, counted; the patch changes a constant, so that the function
itself is as long as before.

{page_table(call_rows(calls), 1)}
"""
    with open(path, "w", encoding="utf-8") as file:
        file.write(page)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("figures")
    parser.add_argument("--kernel", default="")
    parser.add_argument("--fix", default="")
    parser.add_argument("--rounds", default="")
    parser.add_argument("--clock", choices=("instructions", "host"), default="instructions")
    parser.add_argument("--markdown")
    options = parser.parse_args()
    rounds, calls = read(options.figures)
    pauses = Pauses(rounds)
    if rounds:
        print(aligned(pause_rows(pauses)), end="\n\n")
        ratios, met = ratio_rows(pauses)
        print(aligned(ratios), end="\n\n")
        if "stopmachine" in pauses.engines:
            print(aligned(versus_rows(pauses)), verdict(met), sep="\n\n", end="\n\n")
    if calls:
        print("instructions of a call")
        print(aligned(call_rows(calls)))
    if options.markdown:
        write_page(options.markdown, options, pauses, calls)


if __name__ == "__main__":
    main()
