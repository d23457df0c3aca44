// SPDX-License-Identifier: Apache-2.0
//
// Groups of hosts, by rule or by list.
import { type Group, type GroupRule, api } from '../api';
import { useLoad } from '../load';
import { count } from '../numbers';
import { link } from '../router';
import { Empty, Loaded } from '../ui/notice';
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
  const load = useLoad('groups', (signal) => api.groups(signal), 30);
  const columns: Column<Group>[] = [
    { title: 'Name', head: true, cell: (group) => <a href={link(['hosts'], { group: group.name })}>{group.name}</a> },
    { title: 'Hosts', number: true, cell: (group) => count(group.hosts) },
    { title: 'Who belongs to it', cell: (group) => ruleText(group.rule) },
    { title: 'Description', cell: (group) => group.description || null },
  ];
  return (
    <>
      <ViewTitle title="Groups">
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
    </>
  );
}
