// SPDX-License-Identifier: Apache-2.0
//
// To say who one is: by a password, or by the company's single sign-on.
import { useState } from 'preact/hooks';
import icon from '../../icon.svg';
import { api, kSignOnAddress } from '../api';
import { useLoad } from '../load';
import { kSignOnFailure, rememberPlace, useAccess } from '../session';
import { useAction } from '../ui/dialog';
import { Input } from '../ui/field';
import { Icon } from '../ui/icon';
import { Failure } from '../ui/notice';
import { ViewTitle } from '../ui/panel';

const kSignOnFailures: Record<string, string> = {
  'oidc.unreachable': 'The single sign-on does not answer. Try again in a while.',
  'oidc.state': 'The login took more than ten minutes, or was begun elsewhere. Try again.',
  'oidc.denied': 'The single sign-on did not let you in, or you turned back.',
  'oidc.no-role': 'None of your groups has a role here. An administrator of Suture can say which has.',
  'oidc.disabled': 'Your account is locked here. An administrator can open it again.',
};
const kOtherFailure = 'The single sign-on did not succeed. The server’s log says why.';

export function LoginView() {
  const access = useAccess();
  const ways = useLoad('ways', (signal) => api.loginWays(signal));
  return (
    <main class="login">
      <img src={icon} alt="" width={44} height={44} />
      <ViewTitle title="Log in to Suture">
        {access.ended ? 'Your session has ended. Log in to go on where you were.' : location.host}
      </ViewTitle>
      <div class="panel login-ways">
        {kSignOnFailure && (
          <div class="note warning" role="alert">
            <Icon name="exposed" />
            <p>
              {kSignOnFailures[kSignOnFailure] ?? kOtherFailure} <code>{kSignOnFailure}</code>
            </p>
          </div>
        )}
        {ways.data?.oidc && (
          <>
            <a class="button primary" href={kSignOnAddress} onClick={rememberPlace}>
              <Icon name="account" /> Single sign-on
            </a>
            <p class="or">or</p>
          </>
        )}
        <PasswordForm second={ways.data?.oidc ?? false} />
      </div>
    </main>
  );
}

function PasswordForm({ second }: { second: boolean }) {
  const access = useAccess();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const { busy, error, run } = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    void run(async () => access.enter(await api.logIn({ name, password, code: code.replace(/\s/g, '') || null })));
  };
  return (
    <form class="form" onSubmit={submit}>
      {error && <Failure error={error} />}
      <Input label="Name" value={name} onValue={setName} required autocomplete="username" autofocus />
      <Input label="Password" type="password" value={password} onValue={setPassword} required autocomplete="current-password" />
      <Input
        label="Code"
        value={code}
        onValue={setCode}
        autocomplete="one-time-code"
        inputMode="numeric"
        hint="From your authenticator, or a recovery code; empty if you have set up none."
      />
      <button type="submit" class={`button ${second ? '' : 'primary'}`} disabled={busy}>
        Log in
      </button>
    </form>
  );
}
