// SPDX-License-Identifier: Apache-2.0
//
// To begin a rollout, and to write a policy for those to come.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { go } from '../router';
import type { NewCourse, NewWave, Policy } from '../rollout_types';
import { announce } from '../ui/announce';
import { Dialog, useAction } from '../ui/dialog';
import { Input, Select } from '../ui/field';
import { Failure } from '../ui/notice';

interface Draft {
  channel: string;
  percents: string;
  soak: string;
  tag: string;
  approvals: string;
  revert: boolean;
}

const kDraft: Draft = { channel: 'stable', percents: '1, 10, 50, 100', soak: '4h', tag: '', approvals: '0', revert: true };

/** What the server does not like about it, it says itself. */
function courseOf(draft: Draft): NewCourse {
  const wanted = Number(draft.approvals);
  const shares = draft.percents.split(/[\s,%]+/).filter(Boolean).map(Number);
  const waves = shares.map((percent, index): NewWave => {
    const wave: NewWave = { percent, soak: draft.soak };
    if (index === 0 && draft.tag) wave.tag = draft.tag;
    if (index > 0 && wanted > 0) wave.approvals = { count: wanted, from: [], own: false };
    return wave;
  });
  return { channel: draft.channel, waves, revert_on_failure: draft.revert };
}

function CourseFields({ draft, onDraft }: { draft: Draft; onDraft: (draft: Draft) => void }) {
  const set = (change: Partial<Draft>) => onDraft({ ...draft, ...change });
  return (
    <>
      <Input label="Channel" value={draft.channel} onValue={(channel) => set({ channel })} required />
      <Input
        label="Waves, in percent of the hosts"
        value={draft.percents}
        onValue={(percents) => set({ percents })}
        required
        hint="One after the other; each has those of the waves before."
      />
      <Input label="Soak time" value={draft.soak} onValue={(soak) => set({ soak })} required hint="How long all must stay well: 30m, 4h, 2d." />
      <Input
        label="First wave: only hosts with the tag"
        value={draft.tag}
        onValue={(tag) => set({ tag })}
        placeholder="canary"
        hint="Empty: whatever their tags."
      />
      <Select
        label="Approvals before each later wave"
        value={draft.approvals}
        onValue={(approvals) => set({ approvals })}
        options={[
          ['0', 'None'],
          ['1', 'One person'],
          ['2', 'Two people'],
        ]}
      />
      <label class="check">
        <input type="checkbox" checked={draft.revert} onChange={(event) => set({ revert: event.currentTarget.checked })} />
        <span>Take it back everywhere when a gate fails, not only halt</span>
      </label>
    </>
  );
}

function Buttons({ action, busy, onClose }: { action: string; busy: boolean; onClose: () => void }) {
  return (
    <div class="buttons">
      <button type="button" class="button" onClick={onClose}>
        Cancel
      </button>
      <button type="submit" class="button primary" disabled={busy}>
        {action}
      </button>
    </div>
  );
}

export function NewRollout({ policies, onClose, onDone }: { policies: Policy[]; onClose: () => void; onDone: () => void }) {
  const [policy, setPolicy] = useState(policies[0]?.name ?? '');
  const [draft, setDraft] = useState(kDraft);
  const { busy, error, run } = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      const made = await api.startRollout(policy ? { policy } : courseOf(draft));
      announce(`Rollout ${made.id} is made`);
      onDone();
      onClose();
      go(['rollouts', made.id]);
    });
  };
  return (
    <Dialog title="New rollout" onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <p>It brings what the repository has now for the channel to its hosts, in waves.</p>
        <Select
          label="Waves"
          value={policy}
          onValue={setPolicy}
          options={[...policies.map((one): [string, string] => [one.name, `as policy ${one.name} says`]), ['', 'of its own']]}
        />
        {policy === '' && <CourseFields draft={draft} onDraft={setDraft} />}
        {error && <Failure error={error} />}
        <Buttons action="Begin" busy={busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}

export function NewPolicy({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const [name, setName] = useState('');
  const [automatic, setAutomatic] = useState(false);
  const [draft, setDraft] = useState(kDraft);
  const { busy, error, run } = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      await api.putPolicy(name, { ...courseOf(draft), automatic });
      announce(`The policy ${name} is there`);
      onDone();
      onClose();
    });
  };
  return (
    <Dialog title="New policy" onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <Input label="Name" value={name} onValue={setName} required />
        <CourseFields draft={draft} onDraft={setDraft} />
        <label class="check">
          <input type="checkbox" checked={automatic} onChange={(event) => setAutomatic(event.currentTarget.checked)} />
          <span>Begin by itself whenever the channel has a new level</span>
        </label>
        {error && <Failure error={error} />}
        <Buttons action="Save" busy={busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
