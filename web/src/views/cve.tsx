// SPDX-License-Identifier: Apache-2.0
//
// One hole: where are we still open?
import { type CveDetail, type CveHost, type CvePlace, api } from '../api';
import { useLoad } from '../load';
import { count, counted } from '../numbers';
import { adjust, link } from '../router';
import { Badge } from '../ui/badge';
import { Meter } from '../ui/bars';
import { CveBadge } from '../ui/exposure';
import { Icon, type IconName } from '../ui/icon';
import { Empty, Loaded } from '../ui/notice';
import { Pages, usePaging } from '../ui/pages';
import { Panel, ViewTitle } from '../ui/panel';
import { Level, StateBadge } from '../ui/state';
import { type Column, Table } from '../ui/table';

const kPlaces: { place: CvePlace; text: string; tone: string; icon: IconName; none: string }[] = [
  { place: 'open', text: 'Open', tone: 'exposed', icon: 'exposed', none: 'It is open nowhere that is known' },
  { place: 'closed', text: 'Closed', tone: 'safe', icon: 'safe', none: 'It is closed by a live patch nowhere yet' },
  { place: 'unknown', text: 'Unknown', tone: 'unknown', icon: 'unknown', none: 'Of all hosts it is known' },
];

export function CveView({ id, query }: { id: string; query: Record<string, string> }) {
  const place = kPlaces.find((each) => each.place === query.status) ?? kPlaces[0];
  const status = place?.place ?? 'open';
  const paging = usePaging<string>(`${id} ${status}`);
  const load = useLoad(
    `cve ${id} ${status} ${paging.after ?? ''}`,
    (signal) => api.cve(id, { status, after: paging.after }, signal),
    10,
  );
  return (
    <>
      <ViewTitle title={id} above={<a href={link(['cves'])}>CVEs</a>}>
        Where are we still open?
      </ViewTitle>
      <Loaded load={load} lines={10}>
        {(cve) => (
          <div class="stack">
            <ul class="tiles">
              {kPlaces.map((each) => (
                <li key={each.place}>
                  <button
                    type="button"
                    class={`tile ${each.tone}`}
                    aria-pressed={each.place === status}
                    onClick={() => adjust({ status: each.place })}
                  >
                    <span class="name">
                      <Icon name={each.icon} /> {each.text}
                    </span>
                    <span class="figure">{count(cve.counts[each.place])}</span>
                    <span class="muted">{cve.counts[each.place] === 1 ? 'host' : 'hosts'}</span>
                  </button>
                </li>
              ))}
            </ul>
            {cve.counts.not_affected > 0 && (
              <p class="muted">
                {counted(cve.counts.not_affected, 'more host is', 'more hosts are')} not affected: the kernel has the fix in its
                source, or not the code.
              </p>
            )}
            <Hosts cve={cve} text={place?.text ?? ''} none={place?.none ?? ''} busy={load.busy} paging={paging} />
            <Targets cve={cve} />
          </div>
        )}
      </Loaded>
    </>
  );
}

const kHostColumns: Column<CveHost>[] = [
  { title: 'Host', head: true, cell: (host) => <a href={link(['hosts', host.host_id])}>{host.hostname || host.host_id}</a> },
  { title: 'Here it is', cell: (host) => <CveBadge status={host.status} /> },
  { title: 'Kernel', cell: (host) => host.release },
  { title: 'Channel', cell: (host) => host.channel },
  { title: 'Level', number: true, cell: (host) => <Level level={host.level} /> },
  { title: 'Closed by level', number: true, cell: (host) => host.fix_level ?? <span class="muted">no fix yet</span> },
  {
    title: 'State',
    cell: (host) =>
      host.silent ? (
        <Badge tone="unknown" icon="clock">
          Silent
        </Badge>
      ) : (
        <StateBadge state={host.state} />
      ),
  },
];

function Hosts({
  cve,
  text,
  none,
  busy,
  paging,
}: {
  cve: CveDetail;
  text: string;
  none: string;
  busy: boolean;
  paging: ReturnType<typeof usePaging<string>>;
}) {
  return (
    <Panel title={`${text} here`} flush>
      {cve.hosts.length === 0 ? (
        <Empty title={none} />
      ) : (
        <Table caption={`Hosts: ${text.toLowerCase()}`} columns={kHostColumns} rows={cve.hosts} keyOf={(host) => host.host_id} busy={busy} />
      )}
      <Pages paging={paging} next={cve.next} text={counted(cve.hosts.length, 'host')} />
    </Panel>
  );
}

function Targets({ cve }: { cve: CveDetail }) {
  const columns: Column<CveDetail['targets'][number]>[] = [
    {
      title: 'Kernel',
      head: true,
      cell: (target) => (
        <a href={link(['hosts'], { build_id: target.build_id })}>{target.release ?? `build id ${target.build_id.slice(0, 12)}…`}</a>
      ),
    },
    { title: 'Channel', cell: (target) => target.channel },
    { title: 'Closed by level', number: true, cell: (target) => target.level ?? <span class="muted">no fix</span> },
    { title: 'Open on', number: true, cell: (target) => count(target.hosts.open) },
    { title: 'Closed on', number: true, cell: (target) => count(target.hosts.closed) },
    {
      title: 'Shares',
      quiet: true,
      cell: (target) => (
        <Meter
          parts={[
            { tone: 'safe', value: target.hosts.closed },
            { tone: 'exposed', value: target.hosts.open },
            { tone: 'unknown', value: target.hosts.unknown },
          ]}
        />
      ),
    },
  ];
  return (
    <Panel title="By target" flush>
      <Table
        caption="Kernels that it concerns"
        columns={columns}
        rows={cve.targets}
        keyOf={(target) => `${target.build_id} ${target.channel}`}
      />
    </Panel>
  );
}
