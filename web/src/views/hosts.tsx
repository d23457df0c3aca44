// SPDX-License-Identifier: Apache-2.0
//
// All hosts, by filters that stand in the address, so that a list can be sent to somebody.
import { type Host, api } from '../api';
import { useLoad } from '../load';
import { counted } from '../numbers';
import { adjust, link } from '../router';
import { Input, Select, useSettled } from '../ui/field';
import { Empty, Loaded } from '../ui/notice';
import { Pages, usePaging } from '../ui/pages';
import { Panel, ViewTitle } from '../ui/panel';
import { Level, StateBadge, kStates } from '../ui/state';
import { type Column, Table } from '../ui/table';
import { Time } from '../ui/time';

const kPerPage = 50;

const kColumns: Column<Host>[] = [
  { title: 'Host', head: true, cell: (host) => <a href={link(['hosts', host.host_id])}>{host.hostname || host.host_id}</a> },
  { title: 'State', cell: (host) => <StateBadge state={host.state} /> },
  { title: 'Level', number: true, cell: (host) => <Level level={host.level} /> },
  { title: 'Kernel', cell: (host) => host.release },
  { title: 'Channel', cell: (host) => host.channel },
  { title: 'Last report', cell: (host) => <Time at={host.received_at} /> },
];

export function HostsView({ query }: { query: Record<string, string> }) {
  const filter = { state: query.state, cve: query.cve };
  const key = JSON.stringify(filter);
  const paging = usePaging<string>(key);
  const load = useLoad(
    `${key} ${paging.after ?? ''}`,
    (signal) => api.hosts({ ...filter, limit: kPerPage, after: paging.after }, signal),
    15,
  );
  const [cve, setCve] = useSettled(query.cve ?? '', (text) => adjust({ cve: text.trim().toUpperCase() || undefined }));
  const filtered = Object.values(filter).some(Boolean);
  return (
    <>
      <ViewTitle title="Hosts" />
      <Panel title="All that report" flush>
        <search class="filters">
          <Select
            label="State"
            value={query.state ?? ''}
            onValue={(state) => adjust({ state: state || undefined })}
            options={[['', 'Any'], ...Object.entries(kStates).map(([name, { text }]): [string, string] => [name, text])]}
          />
          <Input label="Closes" type="search" value={cve} onValue={setCve} placeholder="CVE-2026-1234" />
        </search>
        <Loaded load={load} lines={12}>
          {({ hosts, next }) => (
            <>
              {hosts.length === 0 ? (
                <Empty title={filtered ? 'No host is like this' : 'No host has reported yet'}>
                  {filtered && <a href={link(['hosts'])}>Show all hosts</a>}
                </Empty>
              ) : (
                <Table caption="Hosts" columns={kColumns} rows={hosts} keyOf={(host) => host.host_id} busy={load.busy} />
              )}
              <Pages
                paging={paging}
                next={next}
                text={paging.page === 1 && next === null ? counted(hosts.length, 'host') : `Page ${paging.page}`}
              />
            </>
          )}
        </Loaded>
      </Panel>
    </>
  );
}
