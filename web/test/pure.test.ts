// SPDX-License-Identifier: Apache-2.0
//
// What needs no browser.
import assert from 'node:assert/strict';
import test from 'node:test';
import { counted, percent } from '../src/numbers';
import { link, parsePlace } from '../src/router';
import { type Gates, type Rollout, type Wave, gateRows, seconds, stateOfWave, whom } from '../src/rollout_types';
import { duration, relative, utc } from '../src/time';
import { stacked } from '../src/ui/stack';

test('a place and its link are the same thing', () => {
  const hash = '#/hosts/a%2Fb?tag=env%3Dprod&state=applied';
  const place = parsePlace(hash);
  assert.deepEqual(place, { path: ['hosts', 'a/b'], query: { tag: 'env=prod', state: 'applied' } });
  assert.equal(link(place.path, place.query), hash);
});

test('a broken link is a place, too', () => {
  assert.deepEqual(parsePlace('#/hosts/%E0%A4%A?x'), { path: ['hosts', '%E0%A4%A'], query: { x: '' } });
  assert.deepEqual(parsePlace(''), { path: [], query: {} });
  assert.deepEqual(parsePlace('#///'), { path: [], query: {} });
});

test('empty parameters are left out of links', () => {
  assert.equal(link(['hosts'], { state: '', tag: undefined }), '#/hosts');
  assert.equal(link([]), '#/');
});

test('times are told from now', () => {
  const now = Date.parse('2026-11-27T12:00:00Z');
  assert.equal(relative('2026-11-27T11:59:58Z', now), 'just now');
  assert.equal(relative('2026-11-27T11:57:00Z', now), '3 min ago');
  assert.equal(relative('2026-11-27T08:30:00Z', now), '3 h ago');
  assert.equal(relative('2026-11-29T12:00:00Z', now), 'in 2 days');
  assert.equal(relative('soon', now), '');
  assert.equal(utc('2026-11-27T14:04:09+02:00'), '2026-11-27 12:04:09 UTC');
  assert.equal(utc(''), '');
});

test('durations have two units at most', () => {
  assert.equal(duration(0), '0 s');
  assert.equal(duration(59), '59 s');
  assert.equal(duration(3_600), '1 h');
  assert.equal(duration(90_061), '1 d 1 h');
});

test('a share never says all or none when that is not so', () => {
  assert.equal(percent(0, 1000), '0 %');
  assert.equal(percent(1, 1000), '< 1 %');
  assert.equal(percent(999, 1000), '> 99 %');
  assert.equal(percent(1000, 1000), '100 %');
  assert.equal(percent(0, 0), '–');
});

test('numbers agree with their nouns', () => {
  assert.equal(counted(1, 'host'), '1 host');
  assert.equal(counted(1204, 'host'), '1,204 hosts');
});

test('areas stand on each other', () => {
  assert.deepEqual(stacked([[1, 2], [3, 4], [0, 1]]), [[1, 2], [4, 6], [4, 7]]);
  assert.deepEqual(stacked([]), []);
});

const kGates: Gates = {
  min_reports: 1,
  min_reporting: 50,
  min_applied: 90,
  max_failed: 5,
  max_stalled: null,
  max_reverted: 5,
  max_silent: 10,
  max_crashed: 0,
  silent_after: '9h',
  metrics: [],
};

function wave(number: number, change: Partial<Wave> = {}): Wave {
  const approvals = { count: 0, from: [], own: false };
  return {
    number,
    percent: 10,
    soak: '4h',
    deadline: '3d',
    gates: kGates,
    approvals,
    began_at: null,
    soaking_since: null,
    passed_at: null,
    ...change,
  };
}

test('a gate holds as the server judges it', () => {
  const counts = { hosts: 100, reporting: 40, applied: 37, failed: 2, stalled: 9, reverted: 3, crashed: 0, silent: 11 };
  const holds = Object.fromEntries(gateRows(counts, kGates).map((row) => [row.name, row.holds]));
  // 40 of 100 reported; of these 92.5 % applied, 5 % failed and 7.5 % reverted; 11 of 100 are silent.
  assert.deepEqual(holds, {
    Reported: false,
    Applied: true,
    Failed: true,
    Stalled: true,
    Reverted: false,
    Crashed: true,
    Silent: false,
  });
});

test('of a wave without reports nothing holds that must be reached', () => {
  const none = { hosts: 0, reporting: 0, applied: 0, failed: 0, stalled: 0, reverted: 0, crashed: 0, silent: 0 };
  const waiting = gateRows(none, kGates).filter((row) => !row.holds);
  assert.deepEqual(waiting.map((row) => row.name), ['Reported', 'Applied']);
});

test('a wave is where its rollout is', () => {
  const time = '2026-11-27T12:00:00Z';
  const waves = [wave(1, { began_at: time, passed_at: time }), wave(2, { began_at: time }), wave(3)];
  const rollout = { state: 'soaking', wave: 2, waves } as Rollout;
  const states = (of: Rollout) => of.waves.map((each) => stateOfWave(of, each));
  assert.deepEqual(states(rollout), ['passed', 'soaking', 'ahead']);
  assert.deepEqual(states({ ...rollout, state: 'halted' }), ['passed', 'stopped', 'ahead']);
  assert.deepEqual(states({ ...rollout, state: 'finished' }), ['passed', 'passed', 'ahead']);
});

test('durations of the server are read, and whom a wave is for is told', () => {
  assert.deepEqual(['90m', '4h', '2d', '30s', 'soon', ''].map(seconds), [5_400, 14_400, 172_800, 30, 0, 0]);
  assert.equal(whom(wave(1, { percent: 100 })), 'all hosts');
  assert.equal(whom(wave(1, { percent: 1, tag: 'canary', group: 'web' })), '1 % of hosts, group web, tag canary');
});
