# SPDX-License-Identifier: Apache-2.0
"""A plot with logarithmic axes, a panel for each load, as SVG that reads well on light and dark pages."""
import collections
import html
import math

# name: for the legend; kind: its colour; dash: 0 is a solid line; points: [(tasks, microseconds)]
Curve = collections.namedtuple("Curve", "name kind dash points")

WIDTH, HEIGHT = 860, 440
LEFT, RIGHT, TOP, BOTTOM, BETWEEN = 74, 20, 40, 112, 26
DASHES = ("", ' stroke-dasharray="7 4"', ' stroke-dasharray="2 4"')

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #222 }
  .title { font-weight: 600 }
  .small { font-size: 12px }
  .grid { stroke: #d8d8d8 } .axis { stroke: #555 }
  .klp { stroke: #b45309; color: #b45309 } .stopmachine { stroke: #1d5fbf; color: #1d5fbf }
  .nothing { stroke: #777; color: #777 }
  circle { fill: currentColor; stroke: none }
  path, line { fill: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4e4e4 }
    .grid { stroke: #3a3a3a } .axis { stroke: #aaa }
    .klp { stroke: #f0a04b; color: #f0a04b } .stopmachine { stroke: #7cb0ff; color: #7cb0ff }
    .nothing { stroke: #999; color: #999 }
  }
"""


def decades(values):
    return math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))


def time_text(microseconds):
    return f"{microseconds / 1000:g} ms" if microseconds >= 1000 else f"{microseconds:g} µs"


class Axis:
    """From a value to a place, by its logarithm."""

    def __init__(self, first, last, begin, end):
        self.first, self.begin = math.log10(first), begin
        self.scale = (end - begin) / max(math.log10(last) - math.log10(first), 1e-9)

    def __call__(self, value):
        return self.begin + (math.log10(value) - self.first) * self.scale


def panel(title, curves, tasks, x, y, begin, end):
    parts = [f'<text class="title" x="{(begin + end) / 2:.1f}" y="{TOP - 14}" text-anchor="middle">{title}</text>']
    for task in tasks:
        parts.append(f'<line class="grid" x1="{x(task):.1f}" x2="{x(task):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
        parts.append(f'<text x="{x(task):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{task:,}</text>')
    parts.append(f'<text x="{(begin + end) / 2:.1f}" y="{HEIGHT - BOTTOM + 38}" text-anchor="middle">sleeping tasks</text>')
    for curve in curves:
        places = [(x(tasks_), y(time)) for tasks_, time in curve.points]
        way = "M" + " L".join(f"{a:.1f} {b:.1f}" for a, b in places)
        parts.append(f'<g class="{curve.kind}"><path d="{way}" stroke-width="2"{DASHES[curve.dash % len(DASHES)]}/>')
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5"/>' for a, b in places]
        parts.append("</g>")
    parts.append(f'<path class="axis" d="M{begin:.1f} {TOP} V{HEIGHT - BOTTOM} H{end:.1f}"/>')
    return parts


def legend(curves):
    parts = []
    each = (WIDTH - LEFT - RIGHT) / 3
    for i, curve in enumerate(curves):
        x = LEFT + (i % 3) * each
        y = HEIGHT - 44 + (i // 3) * 22
        parts.append(f'<g class="{curve.kind}"><path d="M{x:.1f} {y - 4} h34" stroke-width="2"'
                     f'{DASHES[curve.dash % len(DASHES)]}/><circle cx="{x + 17:.1f}" cy="{y - 4}" r="3.5"/></g>')
        parts.append(f'<text class="small" x="{x + 42:.1f}" y="{y}">{html.escape(curve.name)}</text>')
    return parts


def draw(panels):
    """panels: [(title, [Curve])]"""
    points = [point for _, curves in panels for curve in curves for point in curve.points]
    tasks = sorted({task for task, _ in points})
    low, high = decades([time for _, time in points])
    high = max(high, low + 1)
    y = Axis(10 ** low, 10 ** high, HEIGHT - BOTTOM, TOP)
    width = (WIDTH - LEFT - RIGHT - BETWEEN * (len(panels) - 1)) / len(panels)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
             'aria-label="longest time for which a thread could not run while a patch was applied or taken back">',
             "<!-- SPDX-License-Identifier: Apache-2.0 -->", f"<style>{STYLE}</style>"]
    for exponent in range(low, high + 1):
        place = y(10 ** exponent)
        parts.append(f'<text x="{LEFT - 8}" y="{place + 4:.1f}" text-anchor="end">{time_text(10 ** exponent)}</text>')
        for i in range(len(panels)):
            begin = LEFT + i * (width + BETWEEN)
            parts.append(f'<line class="grid" x1="{begin:.1f}" x2="{begin + width:.1f}" y1="{place:.1f}" y2="{place:.1f}"/>')
    for i, (title, curves) in enumerate(panels):
        begin = LEFT + i * (width + BETWEEN)
        x = Axis(min(tasks), max(tasks), begin + 18, begin + width - 18)
        parts += panel(title, curves, tasks, x, y, begin, begin + width)
    shown = {curve.name: curve for _, curves in panels for curve in curves}
    parts += legend(list(shown.values()))
    parts.append(f'<text class="small" x="{LEFT - 60}" y="{TOP - 14}">longest gap</text>')
    parts.append("</svg>")
    return "\n".join(parts) + "\n"
