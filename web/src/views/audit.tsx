// SPDX-License-Identifier: Apache-2.0
//
// Who did what, newest first.
import { type AuditEntry, api } from '../api';
import { useLoad } from '../load';
import { counted } from '../numbers';
import { Badge } from '../ui/badge';
import { Empty, Loaded } from '../ui/notice';
import { Pages, usePaging } from '../ui/pages';
import { Panel, ViewTitle } from '../ui/panel';
import { type Column, Table } from '../ui/table';
import { Time } from '../ui/time';

const kColumns: Column<AuditEntry>[] = [
  { title: 'No.', number: true, cell: (entry) => entry.number },
  { title: 'Time', cell: (entry) => <Time at={entry.time} exact /> },
  { title: 'Who', head: true, cell: (entry) => entry.who },
  { title: 'What', cell: (entry) => <code>{entry.action}</code> },
  { title: 'To what', cell: (entry) => entry.object || null },
  {
    title: 'Result',
    cell: (entry) =>
      entry.result === 'ok' ? (
        <Badge tone="safe" icon="safe">
          done
        </Badge>
      ) : (
        <Badge tone="exposed" icon="cross">
          {entry.result}
        </Badge>
      ),
  },
];

export function AuditView() {
  const paging = usePaging<number>('audit');
  const load = useLoad(`audit ${paging.after ?? ''}`, (signal) => api.audit(paging.after, signal), 30);
  return (
    <>
      <ViewTitle title="Audit log">Nobody can change or remove an entry unseen: each holds a hash of those before it.</ViewTitle>
      <Panel title="What was done, newest first" flush>
        <Loaded load={load} lines={12}>
          {({ entries, next }) => (
            <>
              {entries.length === 0 ? (
                <Empty title="Nothing was done yet">What people and tokens change appears here.</Empty>
              ) : (
                <Table caption="Audit log" columns={kColumns} rows={entries} keyOf={(entry) => entry.number} busy={load.busy} />
              )}
              <Pages paging={paging} next={next} text={counted(entries.length, 'entry', 'entries')} />
            </>
          )}
        </Loaded>
      </Panel>
    </>
  );
}
