// SPDX-License-Identifier: Apache-2.0
//
// To set up a second factor of one's own, or to take it away.
import { useState } from 'preact/hooks';
import { type TotpOffer, api } from '../api';
import { useAccess } from '../session';
import { announce } from '../ui/announce';
import { Badge } from '../ui/badge';
import { Dialog, useAction } from '../ui/dialog';
import { Input } from '../ui/field';
import { Failure } from '../ui/notice';
import { Panel } from '../ui/panel';

export function SecondFactorPanel({ on }: { on: boolean }) {
  const access = useAccess();
  const [offer, setOffer] = useState<TotpOffer>();
  const [codes, setCodes] = useState<string[]>();
  const [password, setPassword] = useState('');
  const { busy, error, run } = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      if (on) {
        await api.dropTotp(password);
        announce('The second factor is taken away. Log in again.');
        access.expire();
      } else {
        setOffer(await api.offerTotp(password));
      }
      setPassword('');
    });
  };
  return (
    <Panel
      title="Second factor"
      side={
        on ? (
          <Badge tone="safe" icon="safe">
            Set up
          </Badge>
        ) : (
          <Badge tone="busy" icon="exposed">
            None
          </Badge>
        )
      }
    >
      <form class="form" onSubmit={submit}>
        <p class="muted">
          {on
            ? 'A login takes a code of your authenticator, too. Without it, a recovery code does, each once.'
            : 'With one, a stolen password is not enough: a login takes a code of an authenticator on your phone, too.'}
        </p>
        <Input label="Your password" type="password" value={password} onValue={setPassword} required autocomplete="current-password" />
        {error && <Failure error={error} />}
        <div class="buttons">
          <button type="submit" class={`button ${on ? 'danger' : 'primary'}`} disabled={busy}>
            {on ? 'Take it away' : 'Set one up…'}
          </button>
        </div>
      </form>
      {offer && (
        <Confirmation
          offer={offer}
          onClose={() => setOffer(undefined)}
          onConfirmed={(recovery) => {
            setOffer(undefined);
            setCodes(recovery);
            access.reload();
          }}
        />
      )}
      {codes && <RecoveryCodes codes={codes} onClose={() => setCodes(undefined)} />}
    </Panel>
  );
}

function Confirmation({
  offer,
  onClose,
  onConfirmed,
}: {
  offer: TotpOffer;
  onClose: () => void;
  onConfirmed: (codes: string[]) => void;
}) {
  const [code, setCode] = useState('');
  const { busy, error, run } = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    void run(async () => onConfirmed((await api.confirmTotp(code.replace(/\s/g, ''))).recovery_codes));
  };
  return (
    <Dialog title="Set up a second factor" onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <p>Scan this with an authenticator, or type the key below it. Then type the code that it shows.</p>
        <svg class="qr" viewBox={`0 0 ${offer.qr.size} ${offer.qr.size}`} role="img" aria-label="The key as a QR code">
          <path d={offer.qr.path} />
        </svg>
        <pre tabIndex={0} aria-label="Key">
          {offer.secret.replace(/(.{4})/g, '$1 ').trim()}
        </pre>
        <Input label="Code" value={code} onValue={setCode} required autocomplete="one-time-code" inputMode="numeric" />
        {error && <Failure error={error} />}
        <div class="buttons">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={busy}>
            Confirm
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function RecoveryCodes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const text = codes.join('\n');
  return (
    <Dialog title="Recovery codes" onClose={onClose}>
      <p>Keep these where your phone is not: each logs you in once without it. They are shown this once.</p>
      <pre tabIndex={0}>{text}</pre>
      <div class="buttons">
        <button type="button" class="button" onClick={() => void navigator.clipboard?.writeText(text).then(() => announce('Copied'))}>
          Copy
        </button>
        <button type="button" class="button primary" onClick={onClose}>
          I have them
        </button>
      </div>
    </Dialog>
  );
}
