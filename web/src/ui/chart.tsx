// SPDX-License-Identifier: Apache-2.0
//
// How the fleet's exposure went over time: areas on top of each other, drawn by uPlot on a canvas. Whoever cannot see
// it has the same numbers in a table below.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { count } from '../numbers';
import { onThemeChange } from '../theme';
import { local } from '../time';
import { stacked } from './stack';
import { Table } from './table';

export interface Series {
  name: string;
  /** Of custom properties: "safe" draws in --safe-fill and --safe-area. */
  tone: 'safe' | 'exposed' | 'unknown';
  values: number[];
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** By the reader's clock: "27 Nov", and for ticks within a day "27 Nov, 18:00". */
function day(seconds: number, step: number): string {
  const hours: Intl.DateTimeFormatOptions = step < 86_400 ? { hour: '2-digit', minute: '2-digit' } : {};
  return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', ...hours }).format(new Date(seconds * 1000));
}

function options(series: Series[], width: number, height: number, onPoint: (at: number | null) => void): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    space: 80,
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
  };
  const areas = [...series].reverse().map((one): uPlot.Series => {
    const [stroke, fill] = [colour(`--${one.tone}-fill`), colour(`--${one.tone}-area`)];
    return { label: one.name, stroke, fill, width: 1.5, points: { show: false } };
  });
  return {
    width,
    height,
    series: [{}, ...areas],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    axes: [{ ...axis, size: 28, values: (_, ticks, __, ___, step) => ticks.map((tick) => day(tick, step)) }, { ...axis, size: 52, space: 34, values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? count(tick) : '')) }],
    scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.05)] } },
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
  };
}

/** Drawn from the highest down, so that lower areas cover it. */
export function StackedChart({ caption, times, series }: { caption: string; times: string[]; series: Series[] }) {
  const place = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | null>(null);
  const data = JSON.stringify([times, series]);

  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const seconds = times.map((time) => Date.parse(time) / 1000);
    const rows: uPlot.AlignedData = [seconds, ...stacked(series.map((one) => one.values)).reverse()];
    let plot: uPlot | undefined;
    const draw = () => {
      plot?.destroy();
      plot = new uPlot(options(series, element.clientWidth, 220, setAt), rows, element);
    };
    draw();
    const stopTheme = onThemeChange(draw);
    const resized = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height: 220 }));
    resized.observe(element);
    return () => {
      stopTheme();
      resized.disconnect();
      plot?.destroy();
    };
  }, [data]);

  const shown = at ?? times.length - 1;
  return (
    <figure>
      <figcaption class="chart-legend">
        {series.map((one) => (
          <span key={one.name}>
            <i class={`swatch fill-${one.tone}`} aria-hidden="true" />
            {one.name} <strong class="number">{count(one.values[shown] ?? 0)}</strong>
          </span>
        ))}
        <span>{times[shown] ? local(times[shown]) : ''}</span>
      </figcaption>
      <div class="chart" ref={place} role="img" aria-label={`${caption}. The numbers are in the table below.`} />
      <details class="as-table">
        <summary>As a table</summary>
        <div class="as-table-scroll" tabIndex={0} role="region" aria-label={`${caption}, as a table`}>
          <Table
            caption={caption}
            rows={times.map((time, index) => ({ time, index })).reverse()}
            keyOf={(row) => row.time}
            columns={[
              { title: 'Time', head: true, cell: (row) => local(row.time) },
              ...series.map((one) => ({
                title: one.name,
                number: true,
                cell: (row: { index: number }) => count(one.values[row.index] ?? 0),
              })),
            ]}
          />
        </div>
      </details>
    </figure>
  );
}
