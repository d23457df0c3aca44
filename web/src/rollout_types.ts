// SPDX-License-Identifier: Apache-2.0
//
// Rollouts as the server tells them, and what follows from them for people. Shares are percent.

export type RolloutState = 'waiting' | 'running' | 'soaking' | 'halted' | 'reverted' | 'finished' | 'cancelled';

export interface Gates {
  min_reports: number;
  min_reporting: number;
  min_applied: number;
  max_failed: number | null;
  max_stalled: number | null;
  max_reverted: number | null;
  max_silent: number | null;
  max_crashed: number | null;
  silent_after: string;
  metrics: { name: string; url: string; query?: string; compare?: string; threshold?: number }[];
}

export interface Approvals {
  count: number;
  from: string[];
  own: boolean;
  /** Of a rollout: how many are wanted still. */
  missing?: number;
}

export interface PlannedWave {
  percent: number;
  group?: string;
  tag?: string;
  soak: string;
  deadline: string;
  approvals: Approvals;
  gates: Gates;
}

export interface Wave extends PlannedWave {
  number: number;
  began_at: string | null;
  soaking_since: string | null;
  passed_at: string | null;
}

export interface WaveCounts {
  hosts: number;
  reporting: number;
  applied: number;
  failed: number;
  stalled: number;
  reverted: number;
  crashed: number;
  silent: number;
}

export interface Rollout {
  id: string;
  channel: string;
  policy: string | null;
  made_by: string;
  made_at: string;
  state: RolloutState;
  is_urgent: boolean;
  /** How many waves have begun. */
  wave: number;
  waves: Wave[];
  revert_on_failure: boolean;
  urgent: Approvals;
  reason: { code: string; text: string } | null;
  /** Of the last wave that has begun. */
  counts: WaveCounts;
  ended_at: string | null;
  version: number;
}

export interface RolloutDetail extends Rollout {
  approvals: { wave: number | 'urgent'; name: string; who: string; time: string }[];
  /** By build-id. */
  levels: Record<string, { level: number; before: number }>;
}

export interface Policy {
  name: string;
  channel: string;
  automatic: boolean;
  settle: string;
  waves: PlannedWave[];
  revert_on_failure: boolean;
  urgent: Approvals;
}

export interface NewWave {
  percent: number;
  tag?: string;
  group?: string;
  soak: string;
  approvals?: { count: number; from: string[]; own: boolean };
}

export interface NewCourse {
  channel: string;
  waves: NewWave[];
  revert_on_failure: boolean;
}

/** "90m" in seconds; 0 for what is no duration. */
export function seconds(duration: string): number {
  const found = /^(\d+)([smhd])$/.exec(duration);
  if (!found) return 0;
  const unit = { s: 1, m: 60, h: 3_600, d: 86_400 }[found[2] as 's' | 'm' | 'h' | 'd'];
  return Number(found[1]) * unit;
}

export type WaveState = 'ahead' | 'running' | 'soaking' | 'passed' | 'stopped';

export function stateOfWave(rollout: Rollout, wave: Wave): WaveState {
  if (wave.passed_at || (rollout.state === 'finished' && wave.began_at)) return 'passed';
  if (!wave.began_at) return 'ahead';
  if (wave.number !== rollout.wave) return 'passed';
  if (rollout.state === 'running' || rollout.state === 'soaking') return rollout.state;
  return 'stopped';
}

export interface GateRow {
  name: string;
  hosts: number;
  of: number;
  limit: number | null;
  /** Whether more is better. */
  least: boolean;
  holds: boolean;
}

/** Of what each gate looks at: how many, and whether the gate holds. Failures count among those that reported. */
export function gateRows(counts: WaveCounts, gates: Gates): GateRow[] {
  const row = (name: string, hosts: number, of: number, limit: number | null, least = false): GateRow => {
    const share = of === 0 ? 0 : (100 * hosts) / of;
    const holds = limit === null || (least ? share >= limit && of > 0 : share <= limit);
    return { name, hosts, of, limit, least, holds };
  };
  const { hosts, reporting } = counts;
  return [
    row('Reported', reporting, hosts, gates.min_reporting, true),
    row('Applied', counts.applied, reporting, gates.min_applied, true),
    row('Failed', counts.failed, reporting, gates.max_failed),
    row('Stalled', counts.stalled, reporting, gates.max_stalled),
    row('Reverted', counts.reverted, reporting, gates.max_reverted),
    row('Crashed', counts.crashed, reporting, gates.max_crashed),
    row('Silent', counts.silent, hosts, gates.max_silent),
  ];
}

/** "1 %, tag canary" */
export function whom(wave: PlannedWave): string {
  const parts = [wave.percent === 100 ? 'all hosts' : `${wave.percent} % of hosts`];
  if (wave.group) parts.push(`group ${wave.group}`);
  if (wave.tag) parts.push(`tag ${wave.tag}`);
  return parts.join(', ');
}
