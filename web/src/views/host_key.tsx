// SPDX-License-Identifier: Apache-2.0
//
// The key by which a host is known.
import type { HostDetail } from '../api';
import { link } from '../router';
import { Icon } from '../ui/icon';
import { Empty } from '../ui/notice';
import { Facts, Panel } from '../ui/panel';
import { Time } from '../ui/time';

export function HostKeyPanel({ host }: { host: HostDetail }) {
  const key = host.key;
  if (!key) {
    return (
      <Panel title="Key">
        <Empty title="It has no key yet">Its agent does not sign what it reports. Newer ones do.</Empty>
      </Panel>
    );
  }
  return (
    <Panel title="Key">
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
    </Panel>
  );
}
