// SPDX-License-Identifier: Apache-2.0
//
// Rollouts under way and before, and the policies by which they go.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { useLoad } from '../load';
import { count, counted } from '../numbers';
import { link } from '../router';
import { type Policy, type Rollout, whom } from '../rollout_types';
import { useAccess } from '../session';
import { announce } from '../ui/announce';
import { Meter } from '../ui/bars';
import { Confirm } from '../ui/dialog';
import { Icon } from '../ui/icon';
import { Empty, Loaded } from '../ui/notice';
import { Pages, usePaging } from '../ui/pages';
import { Panel, ViewTitle } from '../ui/panel';
import { RolloutBadge } from '../ui/rollout_state';
import { type Column, Table } from '../ui/table';
import { Time } from '../ui/time';
import { NewPolicy, NewRollout } from './rollout_forms';

/** Of all waves, how many are through, as a bar. */
function Progress({ rollout }: { rollout: Rollout }) {
  const passed = rollout.state === 'finished' ? rollout.waves.length : rollout.waves.filter((wave) => wave.passed_at).length;
  const under = rollout.state === 'finished' ? 0 : rollout.wave - passed;
  return (
    <div class="progress">
      <span class="nowrap">
        wave {count(rollout.wave)} of {count(rollout.waves.length)}
      </span>
      <Meter
        of={rollout.waves.length}
        parts={[
          { tone: 'safe', value: passed },
          { tone: rollout.state === 'halted' || rollout.state === 'reverted' ? 'exposed' : 'busy', value: under },
        ]}
      />
    </div>
  );
}

const kColumns: Column<Rollout>[] = [
  { title: 'Rollout', head: true, cell: (rollout) => <a href={link(['rollouts', rollout.id])}>Rollout {rollout.id}</a> },
  { title: 'State', cell: (rollout) => <RolloutBadge state={rollout.state} /> },
  { title: 'Channel', cell: (rollout) => rollout.channel },
  { title: 'Progress', cell: (rollout) => <Progress rollout={rollout} /> },
  { title: 'Policy', cell: (rollout) => rollout.policy ?? <span class="muted">own waves</span> },
  { title: 'Begun by', cell: (rollout) => rollout.made_by },
  { title: 'Begun', cell: (rollout) => <Time at={rollout.made_at} /> },
];

export function RolloutsView() {
  const access = useAccess();
  const paging = usePaging<string>('rollouts');
  const load = useLoad(`rollouts ${paging.after ?? ''}`, (signal) => api.rollouts({ after: paging.after, limit: 20 }, signal), 5);
  const policies = useLoad('policies', (signal) => api.policies(signal), 60);
  const [dialog, setDialog] = useState<'rollout' | 'policy'>();
  const may = access.can('rollouts:write');
  return (
    <>
      <ViewTitle
        title="Rollouts"
        side={
          may && (
            <button type="button" class="button primary" onClick={() => setDialog('rollout')}>
              <Icon name="plus" /> New rollout…
            </button>
          )
        }
      >
        What the repository publishes reaches some hosts first, and the next only when all went well with those.
      </ViewTitle>
      <div class="stack">
        <Panel title="Newest first" flush>
          <Loaded load={load}>
            {({ rollouts, next }) => (
              <>
                {rollouts.length === 0 ? (
                  <Empty title="There was no rollout yet">
                    Without one, each host takes what its channel has at its next check.
                  </Empty>
                ) : (
                  <Table caption="Rollouts" columns={kColumns} rows={rollouts} keyOf={(rollout) => rollout.id} />
                )}
                <Pages paging={paging} next={next === null ? null : String(next)} text={counted(rollouts.length, 'rollout')} />
              </>
            )}
          </Loaded>
        </Panel>
        <Panel
          title="Policies"
          flush
          side={
            may && (
              <button type="button" class="button" onClick={() => setDialog('policy')}>
                <Icon name="plus" /> New policy…
              </button>
            )
          }
        >
          <Loaded load={policies} lines={3}>
            {(data) => <Policies policies={data.policies} may={may} onChange={policies.reload} />}
          </Loaded>
        </Panel>
      </div>
      {dialog === 'rollout' && (
        <NewRollout policies={policies.data?.policies ?? []} onClose={() => setDialog(undefined)} onDone={load.reload} />
      )}
      {dialog === 'policy' && <NewPolicy onClose={() => setDialog(undefined)} onDone={policies.reload} />}
    </>
  );
}

function Policies({ policies, may, onChange }: { policies: Policy[]; may: boolean; onChange: () => void }) {
  const [removing, setRemoving] = useState<Policy>();
  if (policies.length === 0) {
    return <Empty title="There is no policy yet">A policy has the waves of rollouts to come, and may begin them by itself.</Empty>;
  }
  const columns: Column<Policy>[] = [
    { title: 'Name', head: true, cell: (policy) => policy.name },
    { title: 'Channel', cell: (policy) => policy.channel },
    { title: 'Begins', cell: (policy) => (policy.automatic ? 'by itself' : 'when somebody says so') },
    { title: 'Waves', cell: (policy) => policy.waves.map(whom).join(' → ') },
    { title: 'When a gate fails', cell: (policy) => (policy.revert_on_failure ? 'halts and reverts' : 'halts') },
  ];
  if (may) {
    columns.push({
      title: 'Actions',
      quiet: true,
      cell: (policy) => (
        <button type="button" class="button quiet" onClick={() => setRemoving(policy)}>
          Remove… <span class="unseen">{policy.name}</span>
        </button>
      ),
    });
  }
  return (
    <>
      <Table caption="Policies" columns={columns} rows={policies} keyOf={(policy) => policy.name} />
      {removing && (
        <Confirm
          title={`Remove the policy ${removing.name}?`}
          action="Remove"
          danger
          onClose={() => setRemoving(undefined)}
          onConfirm={async () => {
            await api.removePolicy(removing.name);
            announce(`The policy ${removing.name} is removed`);
            onChange();
          }}
        >
          <p>Rollouts that have begun by it go on as they are.</p>
        </Confirm>
      )}
    </>
  );
}
