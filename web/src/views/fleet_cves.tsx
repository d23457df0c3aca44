// SPDX-License-Identifier: Apache-2.0
import { api } from '../api';
import { useLoad } from '../load';
import { link } from '../router';
import { Bars } from '../ui/bars';
import { Empty, Loaded } from '../ui/notice';
import { Panel } from '../ui/panel';

const kShown = 8;

/** Of the holes that are open somewhere, those open on most hosts. */
export function OpenCves() {
  const load = useLoad('open cves', (signal) => api.cves({ status: 'open', limit: 1000 }, signal), 30);
  return (
    <Panel title="Open holes" side={<a href={link(['cves'])}>All CVEs</a>}>
      <Loaded load={load} lines={8}>
        {({ cves }) =>
          cves.length === 0 ? (
            <Empty title="None that is known">No host lacks a fix that the repository has.</Empty>
          ) : (
            <Bars
              caption="CVEs that are open on most hosts"
              title="CVE"
              tight
              bars={[...cves]
                .sort((a, b) => b.hosts.open - a.hosts.open)
                .slice(0, kShown)
                .map((one) => ({ key: one.cve, name: <a href={link(['cves', one.cve])}>{one.cve}</a>, value: one.hosts.open }))}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}
