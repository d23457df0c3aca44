// SPDX-License-Identifier: Apache-2.0
//
// All holes that the repository or verdicts on kernels of the fleet speak of.
import { type FleetCve, api } from '../api';
import { useLoad } from '../load';
import { count, counted } from '../numbers';
import { adjust, link } from '../router';
import { Meter } from '../ui/bars';
import { Select } from '../ui/field';
import { Empty, Loaded } from '../ui/notice';
import { Pages, usePaging } from '../ui/pages';
import { Panel, ViewTitle } from '../ui/panel';
import { type Column, Table } from '../ui/table';

const kColumns: Column<FleetCve>[] = [
  { title: 'CVE', head: true, cell: (one) => <a href={link(['cves', one.cve])}>{one.cve}</a> },
  { title: 'Open on', number: true, cell: (one) => count(one.hosts.open) },
  { title: 'Closed on', number: true, cell: (one) => count(one.hosts.closed) },
  { title: 'Unknown on', number: true, cell: (one) => count(one.hosts.unknown) },
  { title: 'Not affected', number: true, cell: (one) => count(one.hosts.not_affected) },
  { title: 'Kernels with a fix', number: true, cell: (one) => count(one.targets) },
  {
    title: 'Shares',
    quiet: true,
    cell: (one) => (
      <Meter
        parts={[
          { tone: 'safe', value: one.hosts.closed },
          { tone: 'exposed', value: one.hosts.open },
          { tone: 'unknown', value: one.hosts.unknown },
        ]}
      />
    ),
  },
];

export function CvesView({ query }: { query: Record<string, string> }) {
  const status = query.status;
  const paging = usePaging<string>(status ?? '');
  const load = useLoad(
    `cves ${status ?? ''} ${paging.after ?? ''}`,
    (signal) => api.cves({ status, limit: 100, after: paging.after }, signal),
    30,
  );
  return (
    <>
      <ViewTitle title="CVEs">Where each stands in the fleet, by number of hosts.</ViewTitle>
      <Panel title="What is known of" flush>
        <search class="filters">
          <Select
            label="That are"
            value={status ?? ''}
            onValue={(value) => adjust({ status: value })}
            options={[
              ['', 'Anything'],
              ['open', 'Open somewhere'],
              ['closed', 'Closed somewhere'],
              ['unknown', 'Unknown somewhere'],
            ]}
          />
        </search>
        <Loaded load={load} lines={12}>
          {({ cves, next }) => (
            <>
              {cves.length === 0 ? (
                <Empty title={status ? 'None is like this' : 'Nothing is known yet'}>
                  CVEs come from the repository’s patchsets, and from verdicts (--verdicts).
                </Empty>
              ) : (
                <Table caption="CVEs" columns={kColumns} rows={cves} keyOf={(one) => one.cve} busy={load.busy} />
              )}
              <Pages paging={paging} next={next} text={counted(cves.length, 'CVE')} />
            </>
          )}
        </Loaded>
      </Panel>
    </>
  );
}
