// SPDX-License-Identifier: Apache-2.0
//
// Times as people read them: near ones relative, others by the reader's own clock. UTC is always at hand.

const kUnits: [one: string, many: string, seconds: number][] = [
  ['day', 'days', 86_400],
  ['h', 'h', 3_600],
  ['min', 'min', 60],
];

/** "3 h ago", "in 2 days"; empty for a text that is no time. */
export function relative(time: string, now: number): string {
  const at = Date.parse(time);
  if (Number.isNaN(at)) return '';
  const seconds = Math.round((at - now) / 1000);
  for (const [one, many, length] of kUnits) {
    const units = Math.floor(Math.abs(seconds) / length);
    if (units === 0) continue;
    const text = `${units} ${units === 1 ? one : many}`;
    return seconds < 0 ? `${text} ago` : `in ${text}`;
  }
  return seconds > 5 ? 'in a moment' : 'just now';
}

/** By the reader's clock: "27 Nov 2026, 15:04". */
export function local(time: string): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return '';
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' }).format(at);
}

/** "2026-11-27 14:04:09 UTC" */
export function utc(time: string): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return '';
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** "3 d 4 h", "12 min", "40 s" */
export function duration(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor((seconds % 86_400) / 3_600), 'h'],
    [Math.floor((seconds % 3_600) / 60), 'min'],
    [Math.floor(seconds % 60), 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}
