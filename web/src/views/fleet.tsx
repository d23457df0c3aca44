// SPDX-License-Identifier: Apache-2.0
//
// The fleet at a glance: how many are safe, where, since when, and what to look at.
import { type Exposure, type ExposureCounts, type Summary, type Target, api } from '../api';
import { useLoad } from '../load';
import { count, counted, percent } from '../numbers';
import { link } from '../router';
import { Bars } from '../ui/bars';
import { ExposureMeter, kExposures } from '../ui/exposure';
import { Icon } from '../ui/icon';
import { Empty, Loaded } from '../ui/notice';
import { Panel, ViewTitle } from '../ui/panel';
import { StateBadge, kStates } from '../ui/state';
import { type Column, Table } from '../ui/table';
import type { HostState } from '../api';
import { EventLines } from './events';
import { HistoryPanel } from './fleet_history';
import { OpenCves } from './fleet_cves';

export function FleetView() {
  const load = useLoad('summary', (signal) => api.summary(signal), 10);
  return (
    <>
      <ViewTitle title="Fleet">{load.data ? counted(load.data.hosts, 'host') : ' '}</ViewTitle>
      <Loaded load={load} lines={10}>
        {(summary) => (summary.hosts === 0 ? <NoHosts /> : <Glance summary={summary} />)}
      </Loaded>
    </>
  );
}

function NoHosts() {
  return (
    <Panel title="No host has reported yet">
      <Empty title="Let the first host report">
        <p>On a host with Suture’s agent, name this server in /etc/suture/agent.toml, and the host is here after its next check:</p>
        <pre>{`server = "${location.origin}"`}</pre>
      </Empty>
    </Panel>
  );
}

function Glance({ summary }: { summary: Summary }) {
  return (
    <div class="stack">
      <Tiles counts={summary.exposure} hosts={summary.hosts} />
      <div class="columns uneven level">
        <HistoryPanel />
        <OpenCves />
      </div>
      <TargetsPanel />
      <div class="columns level">
        <States summary={summary} />
        <Levels summary={summary} />
      </div>
      <LastEvents />
    </div>
  );
}

function Tiles({ counts, hosts }: { counts: ExposureCounts; hosts: number }) {
  return (
    <div class="stack">
      <ul class="tiles">
        {(Object.keys(kExposures) as Exposure[]).map((exposure) => (
          <li key={exposure} class={`tile ${exposure}`}>
            <span class="name">
              <Icon name={kExposures[exposure].icon} />
              {kExposures[exposure].text}
            </span>
            <span class="figure">{count(counts[exposure])}</span>
            <span class="muted">
              {percent(counts[exposure], hosts)}
              <span class="means"> – {kExposures[exposure].means}</span>
            </span>
          </li>
        ))}
      </ul>
      <ExposureMeter counts={counts} tall />
    </div>
  );
}

const kTargetColumns: Column<Target>[] = [
  {
    title: 'Kernel',
    head: true,
    cell: (target) => <a href={link(['hosts'], { build_id: target.build_id })}>{target.release}</a>,
  },
  { title: 'Distribution', cell: (target) => target.distribution },
  { title: 'Channel', cell: (target) => target.channel },
  { title: 'Newest level', number: true, cell: (target) => count(target.level) },
  { title: 'Hosts', number: true, cell: (target) => count(target.hosts) },
  { title: 'Safe', number: true, cell: (target) => count(target.exposure.safe) },
  { title: 'Exposed', number: true, cell: (target) => count(target.exposure.exposed) },
  { title: 'Unknown', number: true, cell: (target) => count(target.exposure.unknown) },
  { title: 'Shares', quiet: true, cell: (target) => <ExposureMeter counts={target.exposure} /> },
];

/** Where most are exposed comes first. */
function worstFirst(targets: Target[]): Target[] {
  return [...targets].sort((a, b) => b.exposure.exposed - a.exposure.exposed || b.hosts - a.hosts);
}

function TargetsPanel() {
  const load = useLoad('targets', (signal) => api.targets(signal), 30);
  return (
    <Panel title="By target" flush>
      <Loaded load={load}>
        {({ targets }) =>
          targets.length === 0 ? (
            <Empty title="The repository has no patchsets">
              Start the server with --repository, and publish to it with <code>suture publish</code>.
            </Empty>
          ) : (
            <Table
              caption="Kernels that the repository has patchsets for"
              columns={kTargetColumns}
              rows={worstFirst(targets)}
              keyOf={(target) => `${target.build_id} ${target.channel}`}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}

function States({ summary }: { summary: Summary }) {
  return (
    <Panel title="By state">
      <Bars
        caption="Hosts by state"
        title="State"
        bars={(Object.keys(kStates) as HostState[]).map((state) => ({
          key: state,
          name: (
            <a href={link(['hosts'], { state })} title={kStates[state].means}>
              <StateBadge state={state} />
            </a>
          ),
          value: summary.by_state[state] ?? 0,
        }))}
      />
    </Panel>
  );
}

function Levels({ summary }: { summary: Summary }) {
  return (
    <Panel title="By level">
      <Bars
        caption="Hosts by level"
        title="Level"
        bars={Object.entries(summary.by_level)
          .sort(([a], [b]) => Number(b) - Number(a))
          .map(([level, value]) => ({ key: level, name: level === '0' ? 'No patch' : `Level ${level}`, value }))}
      />
    </Panel>
  );
}

function LastEvents() {
  const load = useLoad('last events', (signal) => api.events({ limit: 6 }, signal), 10);
  return (
    <Panel title="Last events" side={<a href={link(['events'])}>All events</a>}>
      <Loaded load={load}>
        {({ events }) => (events.length === 0 ? <Empty title="Nothing has happened yet" /> : <EventLines events={events} />)}
      </Loaded>
    </Panel>
  );
}
