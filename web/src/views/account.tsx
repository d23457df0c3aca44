// SPDX-License-Identifier: Apache-2.0
//
// One's own account.
import { useState } from 'preact/hooks';
import { type Session, api } from '../api';
import { useAccess } from '../session';
import { announce } from '../ui/announce';
import { useAction } from '../ui/dialog';
import { Input } from '../ui/field';
import { Failure } from '../ui/notice';
import { Facts, Panel, ViewTitle } from '../ui/panel';
import { Time } from '../ui/time';
import { SecondFactorPanel } from './second_factor';

export function AccountView() {
  const { session } = useAccess();
  if (!session) return null;
  return (
    <>
      <ViewTitle title="Account" />
      <div class="columns">
        <Panel title={session.user}>
          <Facts
            facts={[
              ['Role', session.role],
              ['Logged in', <Time key="begun" at={session.begun_at} />],
              ['By', session.way],
            ]}
          />
        </Panel>
        {session.local && <SecondFactorPanel on={session.totp} />}
        {session.local && <Password session={session} />}
      </div>
    </>
  );
}

function Password({ session }: { session: Session }) {
  const access = useAccess();
  const [old, setOld] = useState('');
  const [fresh, setFresh] = useState('');
  const { busy, error, run } = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      await api.changePassword({ old, new: fresh });
      announce('The password is changed. Log in with the new one.');
      access.expire();
    });
  };
  return (
    <Panel title="Change the password">
      <form class="form" onSubmit={submit}>
        <input type="text" class="unseen" autocomplete="username" value={session.user} readOnly tabIndex={-1} aria-hidden="true" />
        <Input label="Password now" type="password" value={old} onValue={setOld} required autocomplete="current-password" />
        <Input
          label="New password"
          type="password"
          value={fresh}
          onValue={setFresh}
          required
          minLength={12}
          autocomplete="new-password"
          hint="12 characters or more. All your sessions end, this one, too."
        />
        {error && <Failure error={error} />}
        <div class="buttons">
          <button type="submit" class="button primary" disabled={busy}>
            Change it
          </button>
        </div>
      </form>
    </Panel>
  );
}
