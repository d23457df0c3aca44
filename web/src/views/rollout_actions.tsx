// SPDX-License-Identifier: Apache-2.0
//
// What may be done with a rollout now, by whoever looks at it.
import { useState } from 'preact/hooks';
import { type RolloutCommand, api } from '../api';
import type { RolloutDetail, RolloutState } from '../rollout_types';
import { useAccess } from '../session';
import { announce } from '../ui/announce';
import { Confirm } from '../ui/dialog';
import { Icon, type IconName } from '../ui/icon';

interface Offer {
  command: RolloutCommand;
  text: string;
  icon: IconName;
  states: RolloutState[];
  danger: boolean;
  title: string;
  asks: string;
  done: string;
}

const kOffers: Offer[] = [
  {
    command: 'halt',
    text: 'Halt',
    icon: 'pause',
    states: ['waiting', 'running', 'soaking'],
    danger: false,
    title: 'Halt this rollout?',
    asks: 'Nobody new gets it. Hosts that have it keep it. It can be resumed.',
    done: 'The rollout is halted',
  },
  {
    command: 'resume',
    text: 'Resume',
    icon: 'play',
    states: ['halted'],
    danger: false,
    title: 'Resume this rollout?',
    asks: 'The wave goes on where it was. A gate that still fails halts it again.',
    done: 'The rollout goes on',
  },
  {
    command: 'urgent',
    text: 'Urgent',
    icon: 'bolt',
    states: ['waiting', 'running', 'soaking', 'halted'],
    danger: true,
    title: 'Straight to everybody?',
    asks: 'All hosts of the channel get it at once, whatever the waves and their gates, and whatever hours hosts have for changes.',
    done: 'It goes to everybody',
  },
  {
    command: 'revert',
    text: 'Revert',
    icon: 'back',
    states: ['waiting', 'running', 'soaking', 'halted', 'finished', 'cancelled'],
    danger: true,
    title: 'Take it back everywhere?',
    asks: 'All hosts that have it go back to the level before. Holes that it closed are open again there.',
    done: 'The rollout is taken back',
  },
  {
    command: 'cancel',
    text: 'Cancel',
    icon: 'cross',
    states: ['waiting', 'running', 'soaking', 'halted'],
    danger: true,
    title: 'End this rollout for good?',
    asks: 'Nobody new gets it, and it cannot be resumed. Hosts that have it keep it.',
    done: 'The rollout is cancelled',
  },
];

export function RolloutActions({ rollout, onChange }: { rollout: RolloutDetail; onChange: () => void }) {
  const access = useAccess();
  const [asking, setAsking] = useState<Offer>();
  const [approving, setApproving] = useState<'wave' | 'urgent'>();
  const offers = access.can('rollouts:write') ? kOffers.filter((offer) => offer.states.includes(rollout.state) && !(offer.command === 'urgent' && rollout.is_urgent)) : [];
  const next = rollout.waves[rollout.wave];
  const open = ['waiting', 'running', 'soaking', 'halted'].includes(rollout.state);
  const wanted = open && access.can('rollouts:approve') && (next?.approvals.missing ?? 0) > 0;
  const wantedUrgent = open && access.can('rollouts:approve') && !rollout.is_urgent && (rollout.urgent.missing ?? 0) > 0;
  return (
    <>
      {wanted && (
        <button type="button" class="button primary" onClick={() => setApproving('wave')}>
          <Icon name="safe" /> Approve wave {rollout.wave + 1}…
        </button>
      )}
      {wantedUrgent && (
        <button type="button" class="button" onClick={() => setApproving('urgent')}>
          <Icon name="safe" /> Approve urgent…
        </button>
      )}
      {offers.map((offer) => (
        <button
          key={offer.command}
          type="button"
          class={`button ${offer.danger ? 'danger' : ''}`}
          onClick={() => setAsking(offer)}
        >
          <Icon name={offer.icon} /> {offer.text}…
        </button>
      ))}
      {asking && (
        <Confirm
          title={asking.title}
          action={asking.text}
          danger={asking.danger}
          onClose={() => setAsking(undefined)}
          onConfirm={async () => {
            await api.commandRollout(rollout.id, asking.command);
            announce(asking.done);
            onChange();
          }}
        >
          <p>{asking.asks}</p>
        </Confirm>
      )}
      {approving && (
        <Confirm
          title={approving === 'urgent' ? 'Approve that it goes to everybody at once?' : `Approve wave ${rollout.wave + 1}?`}
          action="Approve"
          onClose={() => setApproving(undefined)}
          onConfirm={async () => {
            await api.approveRollout(rollout.id, approving === 'urgent');
            announce('Approved');
            onChange();
          }}
        >
          <p>Your name stands beside it, here and in the audit log.</p>
        </Confirm>
      )}
    </>
  );
}
