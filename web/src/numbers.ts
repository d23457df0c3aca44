// SPDX-License-Identifier: Apache-2.0
const kCount = new Intl.NumberFormat('en');

export function count(number: number): string {
  return kCount.format(number);
}

/** "1 host", "1,204 hosts" */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** Never "100 %" while one is missing, and never "0 %" while there is one. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return '–';
  const share = (100 * part) / whole;
  if (part > 0 && share < 1) return '< 1 %';
  if (part < whole && share > 99) return '> 99 %';
  return `${Math.round(share)} %`;
}
