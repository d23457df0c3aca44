// SPDX-License-Identifier: Apache-2.0
//
// One host: what it runs, what it has, and why.
import { type HostDetail, type StoredReport, api } from '../api';
import { useLoad } from '../load';
import { link } from '../router';
import { duration } from '../time';
import { Badge } from '../ui/badge';
import { ExposureBadge } from '../ui/exposure';
import { Icon } from '../ui/icon';
import { Loaded } from '../ui/notice';
import { Facts, Panel, ViewTitle } from '../ui/panel';
import { Level, StateBadge } from '../ui/state';
import { Table } from '../ui/table';
import { Time } from '../ui/time';
import { ForgetHost, HostKeyPanel } from './host_key';
import { AdvisoriesPanel, TagsPanel, WhyPanel } from './host_parts';

export function HostView({ id }: { id: string }) {
  const load = useLoad(id, (signal) => api.host(id, signal), 10);
  const host = load.data;
  return (
    <>
      <ViewTitle title={host?.hostname || id} above={<a href={link(['hosts'])}>Hosts</a>} side={host && <Standing host={host} />}>
        <code>{id}</code>
      </ViewTitle>
      <Loaded load={load} lines={10}>
        {(known) => (
          <div class="stack">
            {known.error && <LastError error={known.error} />}
            <div class="columns">
              <Runs host={known} />
              <div class="stack">
                <WhyPanel id={id} />
                <TagsPanel host={known} onChange={load.reload} />
              </div>
            </div>
            <AdvisoriesPanel id={id} />
            <Reports id={id} />
            <HostKeyPanel host={known} onChange={load.reload} />
          </div>
        )}
      </Loaded>
    </>
  );
}

function Standing({ host }: { host: HostDetail }) {
  return (
    <>
      {host.silent && (
        <Badge tone="unknown" icon="clock">
          Silent
        </Badge>
      )}
      <StateBadge state={host.state} />
      <ExposureBadge exposure={host.exposure} />
      <ForgetHost host={host} />
    </>
  );
}

function LastError({ error }: { error: { code: string; message: string } }) {
  return (
    <div class="note warning">
      <Icon name="exposed" />
      <div>
        <p>
          <strong>The last attempt failed</strong> <code>{error.code}</code>
        </p>
        <p>{error.message}</p>
      </div>
    </div>
  );
}

function Runs({ host }: { host: HostDetail }) {
  return (
    <Panel title="What it runs">
      <Facts
        facts={[
          ['Kernel', host.release],
          ['Architecture', host.architecture],
          ['Build id', <code key="id">{host.build_id || 'none'}</code>],
          ['Up for', duration(host.uptime_seconds)],
          ['Level', <Level key="level" level={host.level} />],
          ['Engine', host.engine || '–'],
          ['Channel', host.channel],
          ['Agent', host.agent],
          ['Last report', <Time key="received" at={host.received_at} />],
          ['Last look at the repository', <Time key="checked" at={host.checked_at} />],
          ['Last change', <Time key="changed" at={host.changed_at} />],
          ['First seen', <Time key="first" at={host.first_seen_at} exact />],
        ]}
      />
    </Panel>
  );
}

function Reports({ id }: { id: string }) {
  const load = useLoad(`${id} reports`, (signal) => api.reports(id, undefined, signal), 30);
  return (
    <Panel title="Last reports" flush>
      <Loaded load={load}>
        {({ reports }) => (
          <Table
            caption="Its last reports, newest first"
            rows={reports}
            keyOf={(report) => report.id}
            columns={[
              { title: 'Received', head: true, cell: (row: StoredReport) => <Time at={row.received_at} exact /> },
              { title: 'State', cell: (row) => <StateBadge state={row.report.state} /> },
              { title: 'Level', number: true, cell: (row) => <Level level={row.report.level} /> },
              { title: 'Kernel', cell: (row) => row.report.release },
              { title: 'Error', cell: (row) => (row.report.error ? <code>{row.report.error.code}</code> : null) },
            ]}
          />
        )}
      </Loaded>
    </Panel>
  );
}
