// SPDX-License-Identifier: Apache-2.0
//
// What programs use the server by.
import { useState } from 'preact/hooks';
import { type Role, type Token, api } from '../api';
import { useLoad } from '../load';
import { counted } from '../numbers';
import { announce } from '../ui/announce';
import { Badge } from '../ui/badge';
import { Confirm, Dialog, useAction } from '../ui/dialog';
import { Input, Select } from '../ui/field';
import { Icon } from '../ui/icon';
import { Empty, Failure, Loaded } from '../ui/notice';
import { Pages, usePaging } from '../ui/pages';
import { Panel, ViewTitle } from '../ui/panel';
import { type Column, Table } from '../ui/table';
import { Time, useNow } from '../ui/time';
import { kRoles } from './users';

function Use({ token }: { token: Token }) {
  const now = useNow();
  if (token.revoked_at) {
    return (
      <Badge tone="plain" icon="cross">
        Revoked
      </Badge>
    );
  }
  if (token.expires_at && Date.parse(token.expires_at) <= now) {
    return (
      <Badge tone="plain" icon="clock">
        Expired
      </Badge>
    );
  }
  return (
    <Badge tone="safe" icon="safe">
      In use
    </Badge>
  );
}

function columns(onRevoke: (token: Token) => void): Column<Token>[] {
  return [
    { title: 'Name', head: true, cell: (token) => token.name },
    { title: 'State', cell: (token) => <Use token={token} /> },
    { title: 'Role', cell: (token) => token.role },
    { title: 'Limited to', cell: (token) => token.scopes?.join(', ') ?? <span class="muted">all of its role</span> },
    { title: 'Made', cell: (token) => <Time at={token.created_at} /> },
    { title: 'Last used', cell: (token) => <Time at={token.last_used_at} /> },
    { title: 'Ends', cell: (token) => <Time at={token.expires_at} /> },
    {
      title: 'Actions',
      quiet: true,
      cell: (token) =>
        token.revoked_at ? null : (
          <button type="button" class="button quiet" onClick={() => onRevoke(token)}>
            Revoke… <span class="unseen">{token.name}</span>
          </button>
        ),
    },
  ];
}

export function TokensView() {
  const paging = usePaging<number>('tokens');
  const load = useLoad(`tokens ${paging.after ?? ''}`, (signal) => api.tokens(paging.after, signal));
  const [adding, setAdding] = useState(false);
  const [revoking, setRevoking] = useState<Token>();
  return (
    <>
      <ViewTitle
        title="API tokens"
        side={
          <button type="button" class="button primary" onClick={() => setAdding(true)}>
            <Icon name="plus" /> New token…
          </button>
        }
      >
        For programs. People have accounts of their own.
      </ViewTitle>
      <Panel title="All tokens" flush>
        <Loaded load={load}>
          {({ tokens, next }) => (
            <>
              {tokens.length === 0 ? (
                <Empty title="There are no tokens">Make one for each program that uses the server.</Empty>
              ) : (
                <Table caption="API tokens" columns={columns(setRevoking)} rows={tokens} keyOf={(token) => token.id} />
              )}
              <Pages paging={paging} next={next} text={counted(tokens.length, 'token')} />
            </>
          )}
        </Loaded>
      </Panel>
      {adding && <NewToken onClose={() => setAdding(false)} onMade={load.reload} />}
      {revoking && (
        <Confirm
          title={`Revoke the token ${revoking.name}?`}
          action="Revoke"
          danger
          onClose={() => setRevoking(undefined)}
          onConfirm={async () => {
            await api.revokeToken(revoking.id);
            announce(`The token ${revoking.name} is revoked`);
            load.reload();
          }}
        >
          <p>Whatever uses it is refused from now on. This cannot be taken back; a new token can have the same name.</p>
        </Confirm>
      )}
    </>
  );
}

function NewToken({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [scopes, setScopes] = useState('');
  const [ends, setEnds] = useState('');
  const [secret, setSecret] = useState('');
  const { busy, error, run } = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      const list = scopes.split(/[\s,]+/).filter(Boolean);
      const made = await api.addToken({
        name,
        role,
        scopes: list.length > 0 ? list : null,
        expires_at: ends ? `${new Date(`${ends}T00:00`).toISOString().slice(0, 19)}Z` : null,
      });
      setSecret(made.secret);
      onMade();
    });
  };
  if (secret) {
    return (
      <Dialog title={`The token ${name}`} onClose={onClose}>
        <p>Copy it now: it is shown this once, and the server keeps only its hash.</p>
        <pre tabIndex={0}>{secret}</pre>
        <div class="buttons">
          <button type="button" class="button" onClick={() => void navigator.clipboard?.writeText(secret).then(() => announce('Copied'))}>
            Copy
          </button>
          <button type="button" class="button primary" onClick={onClose}>
            Done
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title="New token" onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <Input label="Name" value={name} onValue={setName} required hint="A letter first, then letters, digits and -_.@" />
        <Select label="Role" value={role} onValue={(value) => setRole(value as Role)} options={kRoles} />
        <Input
          label="Limited to scopes"
          value={scopes}
          onValue={setScopes}
          placeholder="hosts:read wake"
          hint="With spaces between; empty: all that the role may."
        />
        <Input label="Ends on" type="date" value={ends} onValue={setEnds} hint="Empty: never." />
        {error && <Failure error={error} />}
        <div class="buttons">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={busy}>
            Make the token
          </button>
        </div>
      </form>
    </Dialog>
  );
}
