// SPDX-License-Identifier: Apache-2.0
//
// The key by which a host is known, and having the key or all of the host forgotten.
import { useState } from 'preact/hooks';
import { type HostDetail, api } from '../api';
import { go, link } from '../router';
import { useAccess } from '../session';
import { announce } from '../ui/announce';
import { Confirm } from '../ui/dialog';
import { Icon } from '../ui/icon';
import { Empty } from '../ui/notice';
import { Facts, Panel } from '../ui/panel';
import { Time } from '../ui/time';

export function HostKeyPanel({ host, onChange }: { host: HostDetail; onChange: () => void }) {
  const [asking, setAsking] = useState(false);
  const { can } = useAccess();
  const key = host.key;
  if (!key) {
    return (
      <Panel title="Key">
        <Empty title="It has no key yet">Its agent does not sign what it reports. Newer ones do.</Empty>
      </Panel>
    );
  }
  const forget = async () => {
    await api.forgetKey(host.host_id);
    announce('The key is forgotten');
    onChange();
  };
  return (
    <Panel
      title="Key"
      side={
        can('hosts:write') && (
          <button type="button" class="button" onClick={() => setAsking(true)}>
            Forget the key…
          </button>
        )
      }
    >
      <Facts
        facts={[
          ['Public key', <code key="key">{key.public}</code>],
          ['Known since', <Time key="since" at={key.registered_at} exact />],
        ]}
      />
      {key.clone && (
        <div class="note warning">
          <Icon name="exposed" />
          <p>
            Two machines report as this host, last seen <Time at={key.clone.seen_at} />:{' '}
            {key.clone.machines.map((machine) => machine.hostname).join(' and ')}. One is a copy: remove its /etc/machine-id and
            its agent’s host-key.pem.
          </p>
        </div>
      )}
      {key.also_of.length > 0 && (
        <p>
          The same key is used by{' '}
          {key.also_of.map((id, index) => (
            <>
              {index > 0 && ', '}
              <a href={link(['hosts', id])}>{id}</a>
            </>
          ))}
          .
        </p>
      )}
      {asking && (
        <Confirm title="Forget this host’s key?" action="Forget the key" danger onConfirm={forget} onClose={() => setAsking(false)}>
          <p>
            The next key that signs a report of {host.hostname} becomes its own. Do this when the machine was set up anew; the
            old key must not be in use anywhere.
          </p>
        </Confirm>
      )}
    </Panel>
  );
}

/** For a host that is gone for good. */
export function ForgetHost({ host }: { host: HostDetail }) {
  const [asking, setAsking] = useState(false);
  const { can } = useAccess();
  if (!can('hosts:write')) return null;
  return (
    <>
      <button type="button" class="button danger" onClick={() => setAsking(true)}>
        Forget this host…
      </button>
      {asking && (
        <Confirm
          title={`Forget ${host.hostname}?`}
          action="Forget it"
          danger
          onClose={() => setAsking(false)}
          onConfirm={async () => {
            await api.removeHost(host.host_id);
            announce(`${host.hostname} is forgotten`);
            go(['hosts']);
          }}
        >
          <p>Its reports, its key and its tags are gone then. Should it report again, it is a new host.</p>
        </Confirm>
      )}
    </>
  );
}
