// SPDX-License-Identifier: Apache-2.0
//
// Of a host: its tags, its holes, and why it has the level that it has.
import { useState } from 'preact/hooks';
import { type Advisory, type HostDetail, api } from '../api';
import { useLoad } from '../load';
import { link } from '../router';
import { useAccess } from '../session';
import { announce } from '../ui/announce';
import { Dialog, useAction } from '../ui/dialog';
import { CveBadge, kCveStatuses } from '../ui/exposure';
import { Input } from '../ui/field';
import { Empty, Failure, Loaded, sentence } from '../ui/notice';
import { Panel } from '../ui/panel';
import { type Column, Table } from '../ui/table';

export function TagsPanel({ host, onChange }: { host: HostDetail; onChange: () => void }) {
  const { can } = useAccess();
  const [editing, setEditing] = useState(false);
  return (
    <Panel
      title="Tags and groups"
      side={
        can('hosts:write') && (
          <button type="button" class="button" onClick={() => setEditing(true)}>
            Edit tags…
          </button>
        )
      }
    >
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
      {editing && <EditTags host={host} onClose={() => setEditing(false)} onDone={onChange} />}
    </Panel>
  );
}

function EditTags({ host, onClose, onDone }: { host: HostDetail; onClose: () => void; onDone: () => void }) {
  const [text, setText] = useState(host.tags.join(' '));
  const { busy, error, run } = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      await api.setTags(host.host_id, text.split(/[\s,]+/).filter(Boolean));
      announce('The tags are changed');
      onDone();
      onClose();
    });
  };
  return (
    <Dialog title={`Tags of ${host.hostname}`} onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <Input label="Tags" value={text} onValue={setText} placeholder="env=prod web" hint="With spaces between: a word, or a key=value." />
        {error && <Failure error={error} />}
        <div class="buttons">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={busy}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
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

export function WhyPanel({ id }: { id: string }) {
  const load = useLoad(`why ${id}`, (signal) => api.explain(id, signal), 10);
  return (
    <Panel title="Why does it have this level?">
      <Loaded load={load} lines={4}>
        {(why) => (
          <ol class="because">
            {why.because.map((reason) => (
              <li key={reason.code + reason.text}>{sentence(reason.text)}</li>
            ))}
          </ol>
        )}
      </Loaded>
    </Panel>
  );
}
