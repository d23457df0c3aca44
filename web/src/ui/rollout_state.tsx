// SPDX-License-Identifier: Apache-2.0
import type { RolloutState, WaveState } from '../rollout_types';
import { Badge, type Tone } from './badge';
import type { IconName } from './icon';

type Look = { text: string; tone: Tone; icon: IconName };

export const kRolloutStates: Record<RolloutState, Look> = {
  waiting: { text: 'Waiting', tone: 'busy', icon: 'clock' },
  running: { text: 'Running', tone: 'busy', icon: 'play' },
  soaking: { text: 'Soaking', tone: 'busy', icon: 'clock' },
  halted: { text: 'Halted', tone: 'exposed', icon: 'pause' },
  reverted: { text: 'Reverted', tone: 'exposed', icon: 'back' },
  finished: { text: 'Finished', tone: 'safe', icon: 'safe' },
  cancelled: { text: 'Cancelled', tone: 'plain', icon: 'cross' },
};

const kWaveStates: Record<WaveState, Look> = {
  ahead: { text: 'To come', tone: 'plain', icon: 'dot' },
  running: { text: 'Running', tone: 'busy', icon: 'play' },
  soaking: { text: 'Soaking', tone: 'busy', icon: 'clock' },
  passed: { text: 'Passed', tone: 'safe', icon: 'safe' },
  stopped: { text: 'Stopped', tone: 'exposed', icon: 'pause' },
};

function Shown({ look }: { look: Look }) {
  return (
    <Badge tone={look.tone} icon={look.icon}>
      {look.text}
    </Badge>
  );
}

export function RolloutBadge({ state }: { state: RolloutState }) {
  return <Shown look={kRolloutStates[state]} />;
}

export function WaveBadge({ state }: { state: WaveState }) {
  return <Shown look={kWaveStates[state]} />;
}
