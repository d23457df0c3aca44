// SPDX-License-Identifier: Apache-2.0
//
// Tables of data. On a narrow screen each row becomes a small card, so the roles are written out: browsers forget what a
// table is when it is laid out as something else.
import type { ComponentChildren } from 'preact';

export interface Column<Row> {
  title: string;
  cell: (row: Row) => ComponentChildren;
  /** Digits, below each other. */
  number?: boolean;
  /** Names the row: its cell is a header, and a card's first line. */
  head?: boolean;
  /** Its title is for those who cannot see what is in it. */
  quiet?: boolean;
}

export function Table<Row>({
  caption,
  showCaption = false,
  columns,
  rows,
  keyOf,
  busy = false,
}: {
  caption: string;
  showCaption?: boolean;
  columns: Column<Row>[];
  rows: Row[];
  keyOf: (row: Row) => string | number;
  busy?: boolean;
}) {
  return (
    <table class="data" role="table" aria-busy={busy}>
      <caption class={showCaption ? '' : 'unseen'}>{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th key={column.title} role="columnheader" scope="col" class={column.number ? 'number' : ''}>
              {column.quiet ? <span class="unseen">{column.title}</span> : column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={keyOf(row)} role="row">
            {columns.map((column) => cell(column, row))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function cell<Row>(column: Column<Row>, row: Row) {
  const classes = [column.number ? 'number' : '', column.quiet ? 'quiet' : ''].filter(Boolean).join(' ');
  if (column.head) {
    return (
      <th key={column.title} role="rowheader" scope="row" class={classes}>
        {column.cell(row)}
      </th>
    );
  }
  return (
    <td key={column.title} role="cell" class={classes} data-title={column.quiet ? '' : column.title}>
      {column.cell(row)}
    </td>
  );
}
