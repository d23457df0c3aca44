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

const kFilters = ['state', 'tag', 'group', 'release', 'q', 'cve', 'build_id'] as const;
type Filter = (typeof kFilters)[number];

const kColumns: Column<Host>[] = [
  { title: 'Host', head: true, cell: (host) => <a href={link(['hosts', host.host_id])}>{host.hostname || host.host_id}</a> },
  { title: 'State', cell: (host) => <StateBadge state={host.state} /> },
  { title: 'Level', number: true, cell: (host) => <Level level={host.level} /> },
  { title: 'Kernel', cell: (host) => host.release },
  { title: 'Channel', cell: (host) => host.channel },
  { title: 'Last report', cell: (host) => <Time at={host.received_at} /> },
];

export function HostsView({ query }: { query: Record<string, string> }) {
  const filter = Object.fromEntries(kFilters.map((name) => [name, query[name]])) as Partial<Record<Filter, string>>;
  const key = JSON.stringify(filter);
  const paging = usePaging<string>(key);
  const load = useLoad(
    `${key} ${paging.after ?? ''}`,
    (signal) => api.hosts({ ...filter, limit: kPerPage, after: paging.after }, signal),
    15,
  );
  const filtered = Object.values(filter).some(Boolean);
  return (
    <>
      <ViewTitle title="Hosts" />
      <Panel title="All that report" flush>
        <Filters query={query} />
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
                text={counted(hosts.length, 'host')}
              />
            </>
          )}
        </Loaded>
      </Panel>
    </>
  );
}

function Filters({ query }: { query: Record<string, string> }) {
  const groups = useLoad('groups', (signal) => api.groups(signal));
  const names = groups.data?.groups.map((group) => group.name) ?? [];
  const chosen = query.group ?? '';
  if (chosen && !names.includes(chosen)) names.push(chosen);
  return (
    <search class="filters">
      <TextFilter label="Name begins with" name="q" query={query} placeholder="web" />
      <Select
        label="State"
        value={query.state ?? ''}
        onValue={(state) => adjust({ state })}
        options={[['', 'Any'], ...Object.entries(kStates).map(([name, { text }]): [string, string] => [name, text])]}
      />
      <Select
        label="Group"
        value={chosen}
        onValue={(group) => adjust({ group })}
        options={[['', 'Any'], ...names.map((name): [string, string] => [name, name])]}
      />
      <TextFilter label="Tag" name="tag" query={query} placeholder="env=prod" />
      <TextFilter label="Kernel" name="release" query={query} placeholder="6.1.0-47-cloud-amd64" />
      <TextFilter label="Patch closes" name="cve" query={query} placeholder="CVE-2026-1234" />
      {query.build_id && <TextFilter label="Build id" name="build_id" query={query} placeholder="" />}
    </search>
  );
}

function TextFilter({ label, name, query, placeholder }: { label: string; name: Filter; query: Record<string, string>; placeholder: string }) {
  const [text, setText] = useSettled(query[name] ?? '', (settled) => adjust({ [name]: settled.trim() }));
  return <Input label={label} type="search" value={text} onValue={setText} placeholder={placeholder} />;
}
