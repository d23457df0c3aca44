// SPDX-License-Identifier: Apache-2.0
//
// What the states of hosts are called, and how they look.
import type { HostState } from '../api';
import { Badge, type Tone } from './badge';
import type { IconName } from './icon';

export const kStates: Record<HostState, { text: string; tone: Tone; icon: IconName; means: string }> = {
  applied: { text: 'Patched', tone: 'safe', icon: 'safe', means: 'a live patch is in the running kernel' },
  unpatched: { text: 'Not patched', tone: 'plain', icon: 'dot', means: 'no live patch was applied, or none is there for its kernel' },
  reverted: { text: 'Taken back', tone: 'busy', icon: 'back', means: 'an administrator or a rollout took the patch back' },
  failed: { text: 'Failed', tone: 'exposed', icon: 'exposed', means: 'the last attempt failed' },
  unsupported: { text: 'Unsupported', tone: 'unknown', icon: 'unknown', means: 'its kernel cannot be live patched' },
};

export function StateBadge({ state }: { state: HostState }) {
  const { text, tone, icon } = kStates[state] ?? { text: state, tone: 'plain' as const, icon: 'dot' as const };
  return (
    <Badge tone={tone} icon={icon}>
      {text}
    </Badge>
  );
}

export function Level({ level }: { level: number }) {
  return level === 0 ? <span class="muted">none</span> : <span class="number">{level}</span>;
}
