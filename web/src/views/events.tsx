// SPDX-License-Identifier: Apache-2.0
//
// What happened in the fleet, newest first.
import { type FleetEvent, type Severity, api } from '../api';
import { useLoad } from '../load';
import { counted } from '../numbers';
import { adjust, link } from '../router';
import { Badge, type Tone } from '../ui/badge';
import { Select } from '../ui/field';
import type { IconName } from '../ui/icon';
import { Empty, Loaded } from '../ui/notice';
import { Pages, usePaging } from '../ui/pages';
import { Panel, ViewTitle } from '../ui/panel';
import { type Column, Table } from '../ui/table';
import { Time } from '../ui/time';

const kSeverities: Record<Severity, { text: string; tone: Tone; icon: IconName }> = {
  info: { text: 'Info', tone: 'plain', icon: 'info' },
  warning: { text: 'Warning', tone: 'busy', icon: 'exposed' },
  critical: { text: 'Critical', tone: 'exposed', icon: 'bolt' },
};

const kKinds: Record<string, string> = {
  'host.new': 'New host',
  'host.state': 'Host changed',
  'host.silent': 'Host silent',
  'host.back': 'Host back',
  'host.crashed': 'Host crashed',
  'host.removed': 'Host removed',
  'patchset.published': 'Patchset published',
  'patchset.withdrawn': 'Patchset withdrawn',
  'rollout.started': 'Rollout started',
  'rollout.wave': 'Wave began',
  'rollout.halted': 'Rollout halted',
  'rollout.reverted': 'Rollout reverted',
  'rollout.finished': 'Rollout finished',
  'rollout.approval-wanted': 'Approval wanted',
};

function SeverityBadge({ severity }: { severity: Severity }) {
  const { text, tone, icon } = kSeverities[severity];
  return (
    <Badge tone={tone} icon={icon}>
      {text}
    </Badge>
  );
}

function Subject({ event }: { event: FleetEvent }) {
  if (event.host_id) return <a href={link(['hosts', event.host_id])}>{event.subject || event.host_id}</a>;
  if (event.kind.startsWith('rollout.')) return <a href={link(['rollouts', event.subject])}>Rollout {event.subject}</a>;
  return <>{event.subject}</>;
}

const kColumns: Column<FleetEvent>[] = [
  { title: 'When', cell: (event) => <Time at={event.time} exact /> },
  { title: 'Severity', cell: (event) => <SeverityBadge severity={event.severity} /> },
  { title: 'What', cell: (event) => kKinds[event.kind] ?? event.kind },
  { title: 'Of what', head: true, cell: (event) => <Subject event={event} /> },
  { title: 'Text', quiet: true, cell: (event) => event.text },
];

export function EventTable({ events, busy, caption }: { events: FleetEvent[]; busy: boolean; caption: string }) {
  return <Table caption={caption} columns={kColumns} rows={events} keyOf={(event) => event.id} busy={busy} />;
}

/** The last few, as lines. */
export function EventLines({ events }: { events: FleetEvent[] }) {
  return (
    <ul class="lines">
      {events.map((event) => (
        <li key={event.id}>
          <SeverityBadge severity={event.severity} />
          <span>
            <strong>
              <Subject event={event} />
            </strong>{' '}
            {event.text}
          </span>
          <span class="muted nowrap">
            <Time at={event.time} />
          </span>
        </li>
      ))}
    </ul>
  );
}

export function EventsView({ query }: { query: Record<string, string> }) {
  const filter = { kind: query.kind, severity: query.severity };
  const key = JSON.stringify(filter);
  const paging = usePaging<number>(key);
  const load = useLoad(
    `events ${key} ${paging.after ?? ''}`,
    (signal) => api.events({ ...filter, limit: 50, before: paging.after }, signal),
    10,
  );
  return (
    <>
      <ViewTitle title="Events">What happened in the fleet. Who did what is in the audit log.</ViewTitle>
      <Panel title="Newest first" flush>
        <search class="filters">
          <Select
            label="What"
            value={query.kind ?? ''}
            onValue={(kind) => adjust({ kind })}
            options={[['', 'Anything'], ...Object.entries(kKinds)]}
          />
          <Select
            label="Severity"
            value={query.severity ?? ''}
            onValue={(severity) => adjust({ severity })}
            options={[['', 'Any'], ...Object.entries(kSeverities).map(([name, { text }]): [string, string] => [name, text])]}
          />
        </search>
        <Loaded load={load} lines={12}>
          {({ events, next }) => (
            <>
              {events.length === 0 ? (
                <Empty title={key === '{}' ? 'Nothing has happened yet' : 'Nothing like this has happened'}>
                  Events come from reports of hosts, from the repository and from rollouts.
                </Empty>
              ) : (
                <EventTable caption="Events" events={events} busy={load.busy} />
              )}
              <Pages paging={paging} next={next} text={counted(events.length, 'event')} />
            </>
          )}
        </Loaded>
      </Panel>
    </>
  );
}
