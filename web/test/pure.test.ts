// SPDX-License-Identifier: Apache-2.0
//
// What needs no browser.
import assert from 'node:assert/strict';
import test from 'node:test';
import { counted, percent } from '../src/numbers';
import { link, parsePlace } from '../src/router';
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
