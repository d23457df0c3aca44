// SPDX-License-Identifier: Apache-2.0
//
// Shares as bars. The numbers stand beside them, so the bars themselves need no words.
import type { ComponentChildren } from 'preact';
import { count } from '../numbers';

export interface Part {
  tone: 'safe' | 'exposed' | 'unknown' | 'busy' | 'accent';
  value: number;
}

export function Meter({ parts, of, tall = false }: { parts: Part[]; of?: number; tall?: boolean }) {
  const whole = of ?? parts.reduce((sum, part) => sum + part.value, 0);
  return (
    <div class={`meter ${tall ? 'tall' : ''}`} aria-hidden="true">
      {parts
        .filter((part) => part.value > 0)
        .map((part) => (
          <span key={part.tone} class={`fill-${part.tone}`} style={{ width: `${(100 * part.value) / Math.max(1, whole)}%` }} />
        ))}
    </div>
  );
}

export interface Bar {
  key: string;
  name: ComponentChildren;
  value: number;
}

/** Rows of a name, a bar and a number. `tight`: names are short, and stay on one line. */
export function Bars({ caption, title, bars, tight = false }: { caption: string; title: string; bars: Bar[]; tight?: boolean }) {
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  return (
    <table class={`bars ${tight ? 'tight' : ''}`}>
      <caption class="unseen">{caption}</caption>
      <thead class="unseen">
        <tr>
          <th scope="col">{title}</th>
          <td />
          <th scope="col">Hosts</th>
        </tr>
      </thead>
      <tbody>
        {bars.map((bar) => (
          <tr key={bar.key}>
            <th scope="row">{bar.name}</th>
            <td>
              <Meter parts={[{ tone: 'accent', value: bar.value }]} of={most} />
            </td>
            <td class="number">{count(bar.value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
