// SPDX-License-Identifier: Apache-2.0

/** Each row on top of those before it. */
export function stacked(rows: number[][]): number[][] {
  const sums: number[][] = [];
  for (const row of rows) {
    const below = sums[sums.length - 1];
    sums.push(row.map((value, at) => value + (below?.[at] ?? 0)));
  }
  return sums;
}
