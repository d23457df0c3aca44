// SPDX-License-Identifier: Apache-2.0
//
// Groups of hosts, by rule or by list.
import { useState } from 'preact/hooks';
import { type Group, type GroupRule, api } from '../api';
import { useLoad } from '../load';
import { count } from '../numbers';
import { link } from '../router';
import { useAccess } from '../session';
import { announce } from '../ui/announce';
import { Confirm, Dialog, useAction } from '../ui/dialog';
import { Input } from '../ui/field';
import { Icon } from '../ui/icon';
import { Empty, Failure, Loaded } from '../ui/notice';
import { Panel, ViewTitle } from '../ui/panel';
import { type Column, Table } from '../ui/table';

function ruleText(rule: GroupRule | null): string {
  if (!rule) return 'a list of hosts';
  const parts: string[] = [];
  if (rule.tags?.length) parts.push(`tags ${rule.tags.join(' ')}`);
  if (rule.hostname) parts.push(`name ${rule.hostname}`);
  if (rule.release) parts.push(`kernel ${rule.release}`);
  if (rule.distribution) parts.push(rule.distribution);
  return parts.join(', ');
}

export function GroupsView() {
  const { can } = useAccess();
  const load = useLoad('groups', (signal) => api.groups(signal), 30);
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Group>();
  const may = can('hosts:write');
  const columns: Column<Group>[] = [
    { title: 'Name', head: true, cell: (group) => <a href={link(['hosts'], { group: group.name })}>{group.name}</a> },
    { title: 'Hosts', number: true, cell: (group) => count(group.hosts) },
    { title: 'Who belongs to it', cell: (group) => ruleText(group.rule) },
    { title: 'Description', cell: (group) => group.description || null },
  ];
  if (may) {
    columns.push({
      title: 'Actions',
      quiet: true,
      cell: (group) => (
        <button type="button" class="button quiet" onClick={() => setRemoving(group)}>
          Remove… <span class="unseen">{group.name}</span>
        </button>
      ),
    });
  }
  return (
    <>
      <ViewTitle
        title="Groups"
        side={
          may && (
            <button type="button" class="button primary" onClick={() => setAdding(true)}>
              <Icon name="plus" /> New group…
            </button>
          )
        }
      >
        Groups choose hosts for lists and for the waves of rollouts.
      </ViewTitle>
      <Panel title="All groups" flush>
        <Loaded load={load}>
          {({ groups }) =>
            groups.length === 0 ? (
              <Empty title="There is no group yet">A group has a rule: tags, names, kernels. New hosts join by themselves.</Empty>
            ) : (
              <Table caption="Groups" columns={columns} rows={groups} keyOf={(group) => group.name} />
            )
          }
        </Loaded>
      </Panel>
      {adding && <NewGroup onClose={() => setAdding(false)} onDone={load.reload} />}
      {removing && (
        <Confirm
          title={`Remove the group ${removing.name}?`}
          action="Remove"
          danger
          onClose={() => setRemoving(undefined)}
          onConfirm={async () => {
            await api.removeGroup(removing.name);
            announce(`The group ${removing.name} is removed`);
            load.reload();
          }}
        >
          <p>Its hosts stay. Waves that name the group have nobody in them then.</p>
        </Confirm>
      )}
    </>
  );
}

function NewGroup({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [tags, setTags] = useState('');
  const [hostname, setHostname] = useState('');
  const [release, setRelease] = useState('');
  const { busy, error, run } = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      const list = tags.split(/[\s,]+/).filter(Boolean);
      const rule: GroupRule = {
        ...(list.length > 0 && { tags: list }),
        ...(hostname && { hostname }),
        ...(release && { release }),
      };
      const made = await api.putGroup(name, { description, rule });
      announce(`The group ${name} has ${count(made.hosts)} hosts`);
      onDone();
      onClose();
    });
  };
  return (
    <Dialog title="New group" onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <Input label="Name" value={name} onValue={setName} required hint="Lower-case letters, digits and ._-" />
        <Input label="Description" value={description} onValue={setDescription} />
        <fieldset class="form">
          <legend>Hosts for which all of this holds</legend>
          <Input label="Tags" value={tags} onValue={setTags} placeholder="env=prod web" />
          <Input label="Name like" value={hostname} onValue={setHostname} placeholder="web*" />
          <Input label="Kernel like" value={release} onValue={setRelease} placeholder="6.1.0-*" />
        </fieldset>
        {error && <Failure error={error} />}
        <div class="buttons">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={busy}>
            Make the group
          </button>
        </div>
      </form>
    </Dialog>
  );
}
