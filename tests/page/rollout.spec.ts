// SPDX-License-Identifier: Apache-2.0
//
// A rollout as people steer it, over hosts that do what the server's plan says.
import { type Company, foundCompany, logIn } from './company';
import { type Member, kCloud, kFixes } from './fleet';
import { expect, expectAccessible, expectNoSidewaysScroll, shot, test } from './look';

let company: Company;
let members: Member[];

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  company = await foundCompany('rollouts', 60);
  members = company.members.filter((member) => member.kernel === kCloud && member.known);
});
test.afterAll(async () => company?.server.stop());

/** Each host asks for its plan and does what it says; those that `fails` chooses do not succeed. */
async function follow(hosts: Member[], fails: (member: Member) => boolean = () => false): Promise<number> {
  let moved = 0;
  for (const member of hosts) {
    const level = await member.host.plannedLevel();
    if (level === undefined || level === member.host.level) continue;
    moved += 1;
    if (fails(member)) await member.host.report({ state: 'failed', error: { code: 'engine.busy', message: 'a task did not leave' } });
    else await member.host.apply(level, level > kFixes.length ? [...(kFixes[2] ?? []), 'CVE-2026-70001'] : (kFixes[level - 1] ?? []));
  }
  return moved;
}

test('an operator writes a policy', async ({ page }) => {
  await logIn(page, company.server, 'carol', 'rollouts');
  await page.getByRole('button', { name: 'New policy…' }).click();
  await page.getByLabel('Name', { exact: true }).fill('careful');
  await page.getByLabel('Waves, in percent of the hosts').fill('10, 50, 100');
  await page.getByLabel('Soak time').fill('0s');
  await page.getByLabel('Approvals before each later wave').selectOption('One person');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('row', { name: /careful.*10 % of hosts → 50 % of hosts → all hosts/ })).toBeVisible();
  // What was there before the policy is everybody's.
  expect(await follow(members)).toBeGreaterThan(0);
  expect(members.every((member) => member.host.level === 3)).toBe(true);
});

test('an operator begins a rollout, whose first wave moves as hosts report', async ({ page }) => {
  company.repository.publish(kCloud, 4, [...(kFixes[2] ?? []), 'CVE-2026-70001']);
  await logIn(page, company.server, 'carol', 'rollouts');
  await page.getByRole('button', { name: 'New rollout…' }).click();
  // The server looks at its repository once a second: until then there is nothing new.
  await expect(async () => {
    await page.getByRole('button', { name: 'Begin' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Rollout 1' })).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 20_000 });
  const first = page.getByRole('listitem').filter({ hasText: 'Wave 1: 10 % of hosts' });
  await expect(first.getByText('Running', { exact: true })).toBeVisible();
  const moved = await follow(members);
  expect(moved).toBeGreaterThan(0);
  expect(moved).toBeLessThan(members.length / 2);
  await expect(first.getByText('Passed', { exact: true })).toBeVisible();
  await expect(page.getByText('wants 1 more approval').first()).toBeVisible();
  await expect(page.getByRole('button', { name: /^Approve/ })).toHaveCount(0);
});

test('an approver approves the next wave', async ({ page }) => {
  await logIn(page, company.server, 'bob', 'rollouts/1');
  await page.getByRole('button', { name: 'Approve wave 2…' }).click();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  const second = page.getByRole('listitem').filter({ hasText: 'Wave 2: 50 % of hosts' });
  await expect(second.getByText('Running', { exact: true })).toBeVisible();
  const few = members.slice(0, Math.floor(members.length * 0.4));
  await follow(few);
  await expect(second.getByText(/[1-9]\d* of \d+ applied/)).toBeVisible();
  await expect(page.getByRole('region', { name: 'Approvals' })).toContainText('bob');
  await expect(page.getByRole('status', { name: 'Loading' })).toHaveCount(0);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await expectAccessible(page);
    await shot(page, `rollout-${colorScheme}`);
  }
  await page.setViewportSize({ width: 360, height: 740 });
  await expectNoSidewaysScroll(page);
  await shot(page, 'rollout-phone');
});

test('an operator halts it, lets it go on, and takes it back', async ({ page }) => {
  await logIn(page, company.server, 'carol', 'rollouts/1');
  const state = page.locator('.view-title .badge').first();
  await page.getByRole('button', { name: 'Halt…' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Halt…' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Halt', exact: true }).click();
  await expect(state).toHaveText('Halted');
  await page.getByRole('button', { name: 'Resume…' }).click();
  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await expect(state).not.toHaveText('Halted');
  await page.getByRole('button', { name: 'Revert…' }).click();
  await page.getByRole('button', { name: 'Revert', exact: true }).click();
  await expect(state).toHaveText('Reverted');
  expect(await follow(members)).toBeGreaterThan(0);
});

test('a host tells why it has its level', async ({ page }) => {
  const member = members.find((each) => each.host.level > 0);
  await logIn(page, company.server, 'dave', `hosts/${member?.host.id}`);
  const why = page.getByRole('region', { name: 'Why does it have this level?' });
  await expect(why.getByRole('listitem').first()).toContainText('level');
  await expect(why).toContainText(/rollout 1/i);
});

test('rollouts and their list keep nobody out, and fit a phone', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await logIn(page, company.server, 'dave', 'rollouts');
  await expect(page.getByRole('link', { name: 'Rollout 1' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'New rollout…' })).toHaveCount(0);
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
  await shot(page, 'rollouts-phone');
  await page.setViewportSize({ width: 1280, height: 860 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await expectAccessible(page);
  await shot(page, 'rollouts-dark');
});
