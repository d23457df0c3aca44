// SPDX-License-Identifier: Apache-2.0
//
// What administrators look for in a fleet with a repository.
import { type Company, foundCompany, rememberMonth } from './company';
import { expect, expectAccessible, expectNoSidewaysScroll, shot, test } from './look';

let company: Company;
const kHosts = 48;

test.beforeAll(async () => {
  company = await foundCompany('company', kHosts);
  rememberMonth(company.server, kHosts);
});
test.afterAll(async () => company?.server.stop());

test('the fleet at a glance tells who is safe', async ({ page }) => {
  await page.goto(company.server.url);
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

test('where is this hole still open?', async ({ page }) => {
  await page.goto(`${company.server.url}/#/cves`);
  await page.getByLabel('That are').selectOption('Open somewhere');
  await page.getByRole('link', { name: 'CVE-2026-61920' }).click();
  await expect(page.getByText('Where are we still open?')).toBeVisible();
  await expect(page.getByRole('button', { name: /^Open/ })).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByRole('row', { name: /Open.*6\.1\.0-47-cloud-amd64/ }).first()).toBeVisible();
  await page.getByRole('button', { name: /^Closed/ }).click();
  await expect(page.getByRole('row', { name: /Closed.*6\.1\.0-47-cloud-amd64/ }).first()).toBeVisible();
  await expect(page).toHaveURL(/status=closed/);
  await page.getByRole('button', { name: /^Unknown/ }).click();
  await expect(page.getByText('Of all hosts it is known')).toBeVisible();
});

const kViews: Record<string, string> = {
  fleet: '',
  hosts: 'hosts',
  host: `hosts/${(8).toString(16).padStart(32, '0')}`,
  groups: 'groups',
  cves: 'cves',
  cve: 'cves/CVE-2026-40117',
  events: 'events',
};
for (const colorScheme of ['light', 'dark'] as const) {
  test(`no view keeps anybody out, ${colorScheme}`, async ({ page }) => {
    test.setTimeout(120_000);
    await page.emulateMedia({ colorScheme });
    for (const [name, path] of Object.entries(kViews)) {
      await page.goto(`${company.server.url}/#/${path}`);
      await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme);
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
  await page.keyboard.press('Escape');
  await expect(page.getByRole('link', { name: 'Hosts' })).toBeHidden();
});
