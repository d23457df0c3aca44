// SPDX-License-Identifier: Apache-2.0
//
// One rollout, its waves moving.
import { api } from '../api';
import { useLoad } from '../load';
import { count, percent } from '../numbers';
import { link } from '../router';
import { type GateRow, type RolloutDetail, type Wave, gateRows, seconds, stateOfWave, whom } from '../rollout_types';
import { duration } from '../time';
import { Badge } from '../ui/badge';
import { Meter } from '../ui/bars';
import { Icon } from '../ui/icon';
import { Loaded, sentence } from '../ui/notice';
import { Facts, Panel, ViewTitle } from '../ui/panel';
import { RolloutBadge, WaveBadge } from '../ui/rollout_state';
import { Table } from '../ui/table';
import { Time, useNow } from '../ui/time';
import { RolloutActions } from './rollout_actions';

export function RolloutView({ id }: { id: string }) {
  const load = useLoad(`rollout ${id}`, (signal) => api.rollout(id, signal), 2);
  const rollout = load.data;
  return (
    <>
      <ViewTitle
        title={`Rollout ${id}`}
        above={<a href={link(['rollouts'])}>Rollouts</a>}
        side={rollout && <RolloutActions rollout={rollout} onChange={load.reload} />}
      >
        {rollout ? (
          <span class="inline">
            <RolloutBadge state={rollout.state} />
            {rollout.is_urgent && (
              <Badge tone="exposed" icon="bolt">
                Urgent
              </Badge>
            )}
            <span>
              channel {rollout.channel}, wave {rollout.wave} of {rollout.waves.length}
            </span>
          </span>
        ) : (
          ' '
        )}
      </ViewTitle>
      <Loaded load={load} lines={10}>
        {(known) => <Shown rollout={known} />}
      </Loaded>
    </>
  );
}

function Shown({ rollout }: { rollout: RolloutDetail }) {
  const now = rollout.waves[rollout.wave - 1];
  return (
    <div class="stack">
      {rollout.reason && (
        <div class={`note ${rollout.state === 'halted' || rollout.state === 'reverted' ? 'warning' : ''}`} role="status">
          <Icon name={rollout.state === 'halted' || rollout.state === 'reverted' ? 'exposed' : 'info'} />
          <p>
            {sentence(rollout.reason.text)} <code>{rollout.reason.code}</code>
          </p>
        </div>
      )}
      <Panel title="Waves">
        <ol class="waves">
          {rollout.waves.map((wave) => (
            <WaveRow key={wave.number} rollout={rollout} wave={wave} />
          ))}
        </ol>
      </Panel>
      <div class="columns uneven">
        {now && <GatesPanel rollout={rollout} wave={now} />}
        <div class="stack">
          <About rollout={rollout} />
        </div>
      </div>
    </div>
  );
}

function WaveRow({ rollout, wave }: { rollout: RolloutDetail; wave: Wave }) {
  const state = stateOfWave(rollout, wave);
  const current = wave.number === rollout.wave;
  const { counts } = rollout;
  const missing = wave.approvals.missing ?? 0;
  return (
    <li class={`wave ${state}`} aria-current={current ? 'step' : undefined}>
      <div class="wave-head">
        <h3>
          Wave {wave.number}: {whom(wave)}
        </h3>
        <WaveBadge state={state} />
      </div>
      {current && (
        <>
          <Meter
            tall
            of={counts.hosts}
            parts={[
              { tone: 'safe', value: counts.applied },
              { tone: 'exposed', value: counts.failed + counts.crashed + counts.reverted },
              { tone: 'busy', value: counts.stalled },
            ]}
          />
          <p class="muted">
            {count(counts.applied)} of {count(counts.hosts)} applied ({percent(counts.applied, counts.hosts)}),{' '}
            {count(counts.failed)} failed, {count(counts.silent)} silent
          </p>
        </>
      )}
      {state === 'soaking' && wave.soaking_since && <Soak since={wave.soaking_since} length={seconds(wave.soak)} />}
      <p class="muted">
        {wave.began_at ? (
          <>
            begun <Time at={wave.began_at} />
            {wave.passed_at && (
              <>
                , passed <Time at={wave.passed_at} />
              </>
            )}
          </>
        ) : (
          <>soaks for {duration(seconds(wave.soak))}</>
        )}
        {missing > 0 && <strong>, wants {count(missing)} more {missing === 1 ? 'approval' : 'approvals'}</strong>}
      </p>
    </li>
  );
}

function Soak({ since, length }: { since: string; length: number }) {
  const now = useNow();
  const left = Math.max(0, length - (now - Date.parse(since)) / 1000);
  return (
    <>
      <Meter parts={[{ tone: 'accent', value: length - left }]} of={length} />
      <p class="muted">all gates hold; {left > 0 ? `the next wave in ${duration(left)}` : 'the next wave is due'}</p>
    </>
  );
}

function GatesPanel({ rollout, wave }: { rollout: RolloutDetail; wave: Wave }) {
  const limit = (row: GateRow) => (row.limit === null ? 'not watched' : `${row.least ? 'at least' : 'at most'} ${row.limit} %`);
  return (
    <Panel title={`Gates of wave ${wave.number}`} flush>
      <Table
        caption={`What must hold in wave ${wave.number} before the next begins`}
        rows={gateRows(rollout.counts, wave.gates)}
        keyOf={(row) => row.name}
        columns={[
          { title: 'Hosts that', head: true, cell: (row: GateRow) => row.name.toLowerCase() },
          { title: 'Number', number: true, cell: (row) => count(row.hosts) },
          { title: 'Share', number: true, cell: (row) => percent(row.hosts, row.of) },
          { title: 'Gate', cell: (row) => <span class={row.limit === null ? 'muted' : ''}>{limit(row)}</span> },
          {
            title: 'Holds',
            cell: (row) =>
              row.limit === null ? null : row.holds ? (
                <Badge tone="safe" icon="safe">
                  Holds
                </Badge>
              ) : (
                <Badge tone={row.least ? 'busy' : 'exposed'} icon={row.least ? 'clock' : 'exposed'}>
                  {row.least ? 'Not yet' : 'Fails'}
                </Badge>
              ),
          },
        ]}
      />
      {wave.gates.metrics.length > 0 && (
        <ul class="metrics">
          {wave.gates.metrics.map((metric) => (
            <li key={metric.name}>
              {metric.name}: <code>{metric.query ? `${metric.query} ${metric.compare} ${metric.threshold}` : metric.url}</code>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function About({ rollout }: { rollout: RolloutDetail }) {
  const targets = useLoad('targets', (signal) => api.targets(signal));
  const releases = new Map(targets.data?.targets.map((target) => [target.build_id, target.release]));
  const levels = Object.entries(rollout.levels);
  return (
    <>
      <Panel title="About it">
        <Facts
          facts={[
            ['Policy', rollout.policy ?? 'waves of its own'],
            ['When a gate fails', rollout.revert_on_failure ? 'halts and reverts' : 'halts'],
            ['Begun by', rollout.made_by],
            ['Begun', <Time key="made" at={rollout.made_at} exact />],
            ['Ended', <Time key="ended" at={rollout.ended_at} exact never="not yet" />],
          ]}
        />
      </Panel>
      <Panel title="What it brings">
        <ul class="lines">
          {levels.map(([build, { level, before }]) => (
            <li key={build}>
              <Icon name="cves" />
              <a href={link(['hosts'], { build_id: build })}>
                {releases.get(build) ?? <code>{build.slice(0, 16)}…</code>}
              </a>
              <span class="nowrap">
                level {before === 0 ? 'none' : before} → {level}
              </span>
            </li>
          ))}
        </ul>
      </Panel>
      {rollout.approvals.length > 0 && (
        <Panel title="Approvals">
          <ul class="lines">
            {rollout.approvals.map((approval) => (
              <li key={`${approval.wave} ${approval.name}`}>
                <Icon name="safe" />
                <span>
                  {approval.name}, for {approval.wave === 'urgent' ? 'urgent' : `wave ${approval.wave}`}
                </span>
                <Time at={approval.time} />
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </>
  );
}
