// SPDX-License-Identifier: Apache-2.0
//
// The people who may log in.
import { useState } from 'preact/hooks';
import { type Role, type User, api } from '../api';
import { useLoad } from '../load';
import { counted } from '../numbers';
import { useAccess } from '../session';
import { announce } from '../ui/announce';
import { Badge } from '../ui/badge';
import { Confirm, Dialog, useAction } from '../ui/dialog';
import { Input, Select } from '../ui/field';
import { Icon } from '../ui/icon';
import { Empty, Failure, Loaded } from '../ui/notice';
import { Pages, usePaging } from '../ui/pages';
import { Panel, ViewTitle } from '../ui/panel';
import { type Column, Table } from '../ui/table';
import { Time } from '../ui/time';

export const kRoles: [Role, string][] = [
  ['viewer', 'Viewer: looks at everything in the fleet'],
  ['operator', 'Operator: steers hosts and rollouts'],
  ['approver', 'Approver: and agrees to rollouts'],
  ['admin', 'Admin: and looks after people and tokens'],
];

function columns(onChange: (user: User) => void): Column<User>[] {
  return [
    { title: 'Name', head: true, cell: (user) => user.name },
    {
      title: 'State',
      cell: (user) =>
        user.disabled_at ? (
          <Badge tone="plain" icon="cross">
            Locked
          </Badge>
        ) : (
          <Badge tone="safe" icon="safe">
            May log in
          </Badge>
        ),
    },
    { title: 'Role', cell: (user) => user.role },
    { title: 'Logs in by', cell: (user) => (user.local ? `password${user.totp ? ' and code' : ''}` : 'single sign-on') },
    { title: 'Last login', cell: (user) => <Time at={user.login_at} /> },
    {
      title: 'Actions',
      quiet: true,
      cell: (user) => (
        <button type="button" class="button quiet" onClick={() => onChange(user)}>
          Change… <span class="unseen">{user.name}</span>
        </button>
      ),
    },
  ];
}

export function UsersView() {
  const paging = usePaging<number>('users');
  const load = useLoad(`users ${paging.after ?? ''}`, (signal) => api.users(paging.after, signal));
  const [adding, setAdding] = useState(false);
  const [changing, setChanging] = useState<User>();
  return (
    <>
      <ViewTitle
        title="People"
        side={
          <button type="button" class="button primary" onClick={() => setAdding(true)}>
            <Icon name="plus" /> New account…
          </button>
        }
      />
      <Panel title="All accounts" flush>
        <Loaded load={load}>
          {({ users, next }) => (
            <>
              {users.length === 0 ? (
                <Empty title="Nobody has an account yet" />
              ) : (
                <Table caption="Accounts" columns={columns(setChanging)} rows={users} keyOf={(user) => user.id} />
              )}
              <Pages paging={paging} next={next} text={counted(users.length, 'account')} />
            </>
          )}
        </Loaded>
      </Panel>
      {adding && <NewUser onClose={() => setAdding(false)} onDone={load.reload} />}
      {changing && <ChangeUser user={changing} onClose={() => setChanging(undefined)} onDone={load.reload} />}
    </>
  );
}

function NewUser({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [password, setPassword] = useState('');
  const { busy, error, run } = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      await api.addUser({ name, role, scopes: null, password });
      announce(`${name} may log in`);
      onDone();
      onClose();
    });
  };
  return (
    <Dialog title="New account" onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <Input label="Name" value={name} onValue={setName} required />
        <Select label="Role" value={role} onValue={(value) => setRole(value as Role)} options={kRoles} />
        <Input
          label="Password to begin with"
          type="password"
          value={password}
          onValue={setPassword}
          required
          minLength={12}
          autocomplete="new-password"
          hint="12 characters or more. They can change it under “Account”."
        />
        {error && <Failure error={error} />}
        <div class="buttons">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={busy}>
            Make the account
          </button>
        </div>
      </form>
    </Dialog>
  );
}

type Step = 'choose' | 'lock' | 'remove' | 'second';

function ChangeUser({ user, onClose, onDone }: { user: User; onClose: () => void; onDone: () => void }) {
  const access = useAccess();
  const [step, setStep] = useState<Step>('choose');
  const [role, setRole] = useState<Role>(user.role);
  const [password, setPassword] = useState('');
  const { busy, error, run } = useAction();
  const done = (text: string) => {
    announce(text);
    onDone();
    if (user.name === access.session?.user) access.reload();
  };
  if (step === 'lock') {
    const lock = !user.disabled_at;
    return (
      <Confirm
        title={lock ? `Lock ${user.name} out?` : `Let ${user.name} in again?`}
        action={lock ? 'Lock out' : 'Let in'}
        danger={lock}
        onClose={onClose}
        onConfirm={async () => {
          await api.changeUser(user.id, { disabled: lock });
          done(lock ? `${user.name} is locked out` : `${user.name} may log in again`);
        }}
      >
        <p>{lock ? 'Their sessions end at once. The account stays, and can be opened again.' : 'With the password as before.'}</p>
      </Confirm>
    );
  }
  if (step === 'remove') {
    return (
      <Confirm
        title={`Remove ${user.name}?`}
        action="Remove"
        danger
        onClose={onClose}
        onConfirm={async () => {
          await api.removeUser(user.id);
          done(`${user.name} is removed`);
        }}
      >
        <p>The account and its sessions end for good. What they did stays in the audit log.</p>
      </Confirm>
    );
  }
  if (step === 'second') {
    return (
      <Confirm
        title={`Take ${user.name}’s second factor away?`}
        action="Take it away"
        danger
        onClose={onClose}
        onConfirm={async () => {
          await api.changeUser(user.id, { totp: false });
          done(`${user.name} logs in by password alone`);
        }}
      >
        <p>For somebody who lost their authenticator and recovery codes. They should set up a new one at once.</p>
      </Confirm>
    );
  }
  const submit = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      await api.changeUser(user.id, { ...(role !== user.role && { role }), ...(password && { password }) });
      done(`${user.name} is changed`);
      onClose();
    });
  };
  return (
    <Dialog title={`Change ${user.name}`} onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <Select label="Role" value={role} onValue={(value) => setRole(value as Role)} options={kRoles} />
        {user.local && (
          <Input
            label="New password"
            type="password"
            value={password}
            onValue={setPassword}
            minLength={12}
            autocomplete="new-password"
            hint="Empty: stays as it is. A new one ends their sessions."
          />
        )}
        {error && <Failure error={error} />}
        <div class="buttons spread">
          <div>
            <button type="button" class="button" onClick={() => setStep('lock')}>
              {user.disabled_at ? 'Let in…' : 'Lock out…'}
            </button>
            {user.totp && (
              <button type="button" class="button" onClick={() => setStep('second')}>
                Reset codes…
              </button>
            )}
            <button type="button" class="button danger" onClick={() => setStep('remove')}>
              Remove…
            </button>
          </div>
          <div>
            <button type="button" class="button" onClick={onClose}>
              Cancel
            </button>
            <button type="submit" class="button primary" disabled={busy || (role === user.role && !password)}>
              Save
            </button>
          </div>
        </div>
      </form>
    </Dialog>
  );
}
