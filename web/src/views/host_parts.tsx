// SPDX-License-Identifier: Apache-2.0
//
// Of a host: its tags and its holes.
import { type Advisory, type HostDetail, api } from '../api';
import { useLoad } from '../load';
import { link } from '../router';
import { CveBadge, kCveStatuses } from '../ui/exposure';
import { Empty, Loaded } from '../ui/notice';
import { Panel } from '../ui/panel';
import { type Column, Table } from '../ui/table';

export function TagsPanel({ host }: { host: HostDetail }) {
  return (
    <Panel title="Tags and groups">
      {host.tags.length + host.groups.length === 0 ? (
        <p class="muted">None. Tags choose hosts for lists, groups and the waves of rollouts.</p>
      ) : (
        <ul class="tags">
          {host.tags.map((tag) => (
            <li key={tag}>
              <a class="tag" href={link(['hosts'], { tag })}>
                {tag}
              </a>
            </li>
          ))}
          {host.groups.map((group) => (
            <li key={`group ${group}`}>
              <a class="tag" href={link(['hosts'], { group })}>
                group {group}
              </a>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

const kColumns: Column<Advisory>[] = [
  { title: 'CVE', head: true, cell: (one) => <a href={link(['cves', one.cve])}>{one.cve}</a> },
  { title: 'Here it is', cell: (one) => <CveBadge status={one.status} /> },
  { title: 'Closed by level', number: true, cell: (one) => one.level ?? <span class="muted">–</span> },
  { title: 'Why', cell: (one) => one.why ?? one.justification?.replaceAll('_', ' ') ?? null },
];
const kOrder = Object.keys(kCveStatuses);

export function AdvisoriesPanel({ id }: { id: string }) {
  const load = useLoad(`advisories ${id}`, (signal) => api.advisories(id, signal), 30);
  return (
    <Panel title="CVEs" flush>
      <Loaded load={load}>
        {({ advisories }) =>
          advisories.length === 0 ? (
            <Empty title="None is known for its kernel">
              The repository has no patchsets for this build, and there are no verdicts on it.
            </Empty>
          ) : (
            <Table
              caption="CVEs of its kernel, open ones first"
              columns={kColumns}
              rows={[...advisories].sort((a, b) => kOrder.indexOf(a.status) - kOrder.indexOf(b.status))}
              keyOf={(one) => one.cve}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}
