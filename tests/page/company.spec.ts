// SPDX-License-Identifier: Apache-2.0
//
// What administrators do: log in, find a host and tag it, see where a hole is open, look after people and tokens.
import { createHmac } from 'node:crypto';
import { type Company, type Person, foundCompany, kPassword, logIn, rememberMonth } from './company';
import { expect, expectAccessible, expectNoSidewaysScroll, shot, test } from './look';

let company: Company;
const kHosts = 48;

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  company = await foundCompany('company', kHosts);
  rememberMonth(company.server, kHosts);
});
test.afterAll(async () => company?.server.stop());

const enter = (page: Parameters<typeof logIn>[0], person: Person, path = '') => logIn(page, company.server, person, path);

test('whoever does not know the password stays out', async ({ page }) => {
  await page.goto(company.server.url);
  await page.getByLabel('Name').fill('alice');
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('alert')).toContainText('is wrong');
  await expectAccessible(page);
  await expect(page.getByRole('link', { name: 'Hosts' })).toHaveCount(0);
});

test('a link leads to where it says, after the login', async ({ page }) => {
  await enter(page, 'dave', 'cves/CVE-2026-40117');
  await expect(page.getByRole('heading', { level: 1, name: 'CVE-2026-40117' })).toBeVisible();
});

test('the fleet at a glance tells who is safe', async ({ page }) => {
  await enter(page, 'dave');
  const tiles = page.locator('.tile');
  await expect(tiles).toHaveCount(3);
  const figures = await page.locator('.tile .figure').allTextContents();
  expect(figures.map(Number).reduce((a, b) => a + b)).toBe(kHosts);
  await expect(page.getByRole('img', { name: /over time/ })).toBeVisible();
  await page.getByRole('button', { name: '7 days' }).click();
  await expect(page.getByRole('button', { name: '7 days' })).toHaveAttribute('aria-pressed', 'true');
  await page.getByText('As a table').click();
  await expect(page.getByRole('table', { name: /over time/ }).getByRole('row').nth(3)).toBeVisible();
});

test('an operator finds a host and tags it', async ({ page }) => {
  await enter(page, 'carol', 'hosts');
  await page.getByLabel('Name begins with').fill('cache-0');
  await expect(page.getByRole('row', { name: /^cache-/ }).first()).toBeVisible();
  await expect(page.getByRole('row', { name: /^web-/ })).toHaveCount(0);
  await page.getByRole('link', { name: 'cache-007.example.org' }).click();
  await page.getByRole('button', { name: 'Edit tags…' }).click();
  await page.getByLabel('Tags', { exact: true }).fill('canary env=prod');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('link', { name: 'env=prod' })).toBeVisible();
  await expect(page.locator('.announcements')).toHaveText('The tags are changed');
  await page.getByRole('link', { name: 'canary' }).click();
  await expect(page.getByRole('row')).toHaveCount(2);
  await expect(page.getByLabel('Tag', { exact: true })).toHaveValue('canary');
});

test('a tag that is none is refused, with the reason', async ({ page }) => {
  await enter(page, 'carol', `hosts/${company.members[0]?.host.id}`);
  await page.getByRole('button', { name: 'Edit tags…' }).click();
  await page.getByLabel('Tags', { exact: true }).fill('No!');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert')).toContainText('tags.schema');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Edit tags…' })).toBeFocused();
});

test('a group is made of whoever its rule fits', async ({ page }) => {
  await enter(page, 'carol', 'groups');
  await page.getByRole('button', { name: 'New group…' }).click();
  await page.getByLabel('Name', { exact: true }).fill('databases');
  await page.getByLabel('Name like').fill('db-*');
  await page.getByRole('button', { name: 'Make the group' }).click();
  await page.getByRole('link', { name: 'databases' }).click();
  await expect(page.getByRole('row', { name: /^db-/ }).first()).toBeVisible();
  await expect(page.getByRole('row', { name: /^web-/ })).toHaveCount(0);
});

test('where is this hole still open?', async ({ page }) => {
  await enter(page, 'dave', 'cves');
  await page.getByLabel('That are').selectOption('Open somewhere');
  await page.getByRole('link', { name: 'CVE-2026-61920' }).click();
  await expect(page.getByText('Where are we still open?')).toBeVisible();
  const open = page.getByRole('button', { name: /^Open/ });
  await expect(open).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByRole('row', { name: /Open.*6\.1\.0-47-cloud-amd64/ }).first()).toBeVisible();
  await page.getByRole('button', { name: /^Closed/ }).click();
  await expect(page.getByRole('row', { name: /Closed.*6\.1\.0-47-cloud-amd64/ }).first()).toBeVisible();
  await expect(page).toHaveURL(/status=closed/);
  await page.getByRole('button', { name: /^Unknown/ }).click();
  await expect(page.getByText('Of all hosts it is known')).toBeVisible();
});

test('a viewer is offered nothing that they may not', async ({ page }) => {
  await enter(page, 'dave', `hosts/${company.members[0]?.host.id}`);
  await expect(page.getByRole('heading', { name: 'Tags and groups' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Edit tags…' })).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'People' })).toHaveCount(0);
  await page.goto(`${company.server.url}/#/audit`);
  await expect(page.getByRole('alert')).toContainText('access.role');
});

test('an admin makes an account, and whoever has it logs in', async ({ page }) => {
  await enter(page, 'alice', 'users');
  await page.getByRole('button', { name: 'New account…' }).click();
  await page.getByLabel('Name', { exact: true }).fill('erin');
  await page.getByLabel('Password to begin with').fill('a new one for erin');
  await page.getByRole('button', { name: 'Make the account' }).click();
  await expect(page.getByRole('row', { name: /erin/ })).toBeVisible();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('Name').fill('erin');
  await page.getByLabel('Password').fill('a new one for erin');
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('link', { name: 'erin' })).toBeVisible();
});

test('a session that ends takes nobody by surprise', async ({ page, context }) => {
  await enter(page, 'dave', 'hosts?state=failed');
  await expect(page.getByRole('link', { name: 'dave' })).toBeVisible();
  await context.clearCookies();
  await page.getByLabel('State').selectOption('Any');
  await expect(page.getByText('Your session has ended')).toBeVisible();
  await page.getByLabel('Name').fill('dave');
  await page.getByLabel('Password').fill(kPassword);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Hosts' })).toBeVisible();
});

test('a token is shown once, and can be revoked', async ({ page }) => {
  await enter(page, 'alice', 'tokens');
  await page.getByRole('button', { name: 'New token…' }).click();
  await page.getByLabel('Name', { exact: true }).fill('grafana');
  await page.getByRole('button', { name: 'Make the token' }).click();
  await expect(page.getByText(/^suture_\d+_[0-9a-f]{64}$/)).toBeVisible();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: /Revoke.*grafana/ }).click();
  await page.getByRole('button', { name: 'Revoke', exact: true }).click();
  await expect(page.getByRole('row', { name: /grafana.*Revoked/ })).toBeVisible();
  await page.getByRole('link', { name: 'Audit log' }).click();
  await expect(page.getByRole('row', { name: /user alice.*token\.revoke/ })).toBeVisible();
});

/** What an authenticator shows (RFC 6238). */
function codeOf(secret: string, time: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(time / 30_000)));
  const hash = createHmac('sha1', key).update(counter).digest();
  const at = (hash[19] ?? 0) & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

test('with a second factor, the password alone is not enough', async ({ page }) => {
  await enter(page, 'bob', 'account');
  const panel = page.getByRole('region', { name: 'Second factor' });
  await panel.getByLabel('Your password').fill(kPassword);
  await panel.getByRole('button', { name: 'Set one up…' }).click();
  await expect(page.getByRole('img', { name: 'QR code' })).toBeVisible();
  await expectAccessible(page);
  await shot(page, 'second-factor');
  const secret = ((await page.getByLabel('Key', { exact: true }).textContent()) ?? '').replaceAll(' ', '');
  await page.getByLabel('Code', { exact: true }).fill(codeOf(secret, Date.now()));
  await page.getByRole('button', { name: 'Confirm' }).click();
  const recovery = (await page.getByRole('dialog', { name: 'Recovery codes' }).locator('pre').textContent()) ?? '';
  expect(recovery.split('\n')).toHaveLength(10);
  await page.getByRole('button', { name: 'I have them' }).click();
  await expect(panel.getByText('Set up', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('Name').fill('bob');
  await page.getByLabel('Password').fill(kPassword);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('alert')).toContainText('is wrong');
  await page.getByLabel('Code', { exact: true }).fill(recovery.split('\n')[0] ?? '');
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('link', { name: 'bob' })).toBeVisible();
  await page.goto(`${company.server.url}/#/account`);
  await panel.getByLabel('Your password').fill(kPassword);
  await panel.getByRole('button', { name: 'Take it away' }).click();
  await expect(page.getByRole('heading', { name: 'Log in to Suture' })).toBeVisible();
});

test('a single sign-on that did not succeed is told, once', async ({ page }) => {
  await page.goto(`${company.server.url}/?login=oidc.state`);
  await expect(page.getByRole('alert')).toContainText('oidc.state');
  await expectAccessible(page);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Log in to Suture' })).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('an operator has a host forgotten that is gone', async ({ page }) => {
  const gone = company.members.at(-1);
  await enter(page, 'carol', `hosts/${gone?.host.id}`);
  await page.getByRole('button', { name: 'Forget this host…' }).click();
  await page.getByRole('button', { name: 'Forget it', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Hosts' })).toBeVisible();
  await page.getByLabel('Name begins with').fill(gone?.hostname ?? '');
  await expect(page.getByText('No host is like this')).toBeVisible();
});

const kViews: Record<string, string> = {
  fleet: '',
  hosts: 'hosts',
  host: `hosts/${(8).toString(16).padStart(32, '0')}`,
  groups: 'groups',
  cves: 'cves',
  cve: 'cves/CVE-2026-40117',
  events: 'events',
  people: 'users',
  tokens: 'tokens',
  audit: 'audit',
  account: 'account',
};
for (const colorScheme of ['light', 'dark'] as const) {
  test(`no view keeps anybody out, ${colorScheme}`, async ({ page }) => {
    test.setTimeout(120_000);
    await page.emulateMedia({ colorScheme });
    await enter(page, 'alice');
    await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme);
    for (const [name, path] of Object.entries(kViews)) {
      await page.goto(`${company.server.url}/#/${path}`);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expect(page.getByRole('status', { name: 'Loading' })).toHaveCount(0);
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      await shot(page, `${name}-${colorScheme}`);
    }
  });
}

test('every view fits a phone', async ({ page }) => {
  test.setTimeout(120_000);
  await page.setViewportSize({ width: 360, height: 740 });
  await enter(page, 'alice');
  for (const [name, path] of Object.entries(kViews)) {
    await page.goto(`${company.server.url}/#/${path}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.getByRole('status', { name: 'Loading' })).toHaveCount(0);
    await expectNoSidewaysScroll(page);
    await shot(page, `${name}-phone`);
  }
  await page.getByRole('button', { name: 'Menu' }).click();
  await expect(page.getByRole('link', { name: 'Hosts' })).toBeVisible();
  await expectAccessible(page);
  await shot(page, 'menu-phone');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('link', { name: 'Hosts' })).toBeHidden();
});
