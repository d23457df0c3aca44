// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import { api } from '../api';
import { useLoad } from '../load';
import { StackedChart } from '../ui/chart';
import { Empty, Loaded } from '../ui/notice';
import { Panel } from '../ui/panel';

const kSpans: [days: number, text: string][] = [
  [7, '7 days'],
  [30, '30 days'],
  [365, '1 year'],
];

export function HistoryPanel() {
  const [days, setDays] = useState(30);
  const load = useLoad(`history ${days}`, (signal) => api.history(days, signal), 300);
  return (
    <Panel
      title="Over time"
      side={
        <div class="segments" role="group" aria-label="Time span">
          {kSpans.map(([span, text]) => (
            <button key={span} type="button" aria-pressed={days === span} onClick={() => setDays(span)}>
              {text}
            </button>
          ))}
        </div>
      }
    >
      <Loaded load={load} lines={8}>
        {({ history }) =>
          history.length < 2 ? (
            <Empty title="There is no history yet">Once an hour the server notes how many hosts are safe.</Empty>
          ) : (
            <StackedChart
              caption="Hosts that were safe, exposed and unknown over time"
              times={history.map((row) => row.time)}
              series={[
                { name: 'Safe', tone: 'safe', values: history.map((row) => row.safe) },
                { name: 'Exposed', tone: 'exposed', values: history.map((row) => row.exposed) },
                { name: 'Unknown', tone: 'unknown', values: history.map((row) => row.unknown) },
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}
