// SPDX-License-Identifier: Apache-2.0
//
// The fleet at a glance.
import { type HostState, type Summary, api } from '../api';
import { useLoad } from '../load';
import { counted } from '../numbers';
import { link } from '../router';
import { Bars } from '../ui/bars';
import { Empty, Loaded } from '../ui/notice';
import { Panel, ViewTitle } from '../ui/panel';
import { StateBadge, kStates } from '../ui/state';

export function FleetView() {
  const load = useLoad('summary', api.summary, 10);
  return (
    <>
      <ViewTitle title="Fleet">{load.data ? counted(load.data.hosts, 'host') : ' '}</ViewTitle>
      <Loaded load={load}>{(summary) => (summary.hosts === 0 ? <NoHosts /> : <Glance summary={summary} />)}</Loaded>
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
  const states = Object.keys(kStates) as HostState[];
  return (
    <div class="columns">
      <Panel title="By state">
        <Bars
          caption="Hosts by state"
          title="State"
          bars={states.map((state) => ({
            key: state,
            name: (
              <a href={link(['hosts'], { state })}>
                <StateBadge state={state} />
              </a>
            ),
            value: summary.by_state[state] ?? 0,
          }))}
        />
      </Panel>
      <Panel title="By level">
        <Bars
          caption="Hosts by level"
          title="Level"
          bars={Object.entries(summary.by_level).map(([level, value]) => ({
            key: level,
            name: level === '0' ? 'No patch' : `Level ${level}`,
            value,
          }))}
        />
      </Panel>
      <Panel title="By kernel">
        <Bars
          caption="Hosts by kernel"
          title="Kernel"
          bars={Object.entries(summary.by_release)
            .sort(([, a], [, b]) => b - a)
            .map(([release, value]) => ({ key: release, name: release, value }))}
        />
      </Panel>
    </div>
  );
}
