// SPDX-License-Identifier: Apache-2.0
//
// Looking at a fleet on a server on which nobody has set up access yet.
import { SimulatedHost } from './hosts';
import { expect, expectAccessible, expectNoSidewaysScroll, shot, test } from './look';
import { Server } from './server';

let server: Server;
const kHosts = 60;

test.beforeAll(async () => {
  server = await Server.start('open');
});
test.afterAll(async () => server.stop());

test('an empty fleet says how the first host gets here', async ({ page }) => {
  await page.goto(server.url);
  await expect(page.getByRole('heading', { level: 1, name: 'Fleet' })).toBeVisible();
  await expect(page.getByText(`server = "${server.url}"`)).toBeVisible();
  await expectAccessible(page);
});

test('a fleet that reports is there at once', async ({ page }) => {
  await page.goto(server.url);
  for (let number = 1; number <= kHosts; ++number) {
    const host = new SimulatedHost(server.url, { number, hostname: `web${number}` });
    if (number % 5 === 0) await host.report();
    else if (number % 7 === 0) await host.report({ state: 'failed', error: { code: 'engine.busy', message: 'a task did not leave the function' } });
    else await host.report({ state: 'applied', level: 1 + (number % 2), cves: ['CVE-2026-53249'], engine: 'klp' });
  }
  await expect(page.getByText('60 hosts')).toBeVisible({ timeout: 20_000 });
});

test('a person finds a host', async ({ page }) => {
  await page.goto(server.url);
  await page.getByRole('link', { name: 'Hosts', exact: true }).click();
  await expect(page).toHaveTitle('Hosts · Suture');
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  await expect(page.getByRole('row')).toHaveCount(51);
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(page.getByRole('row')).toHaveCount(11);
  await page.getByLabel('State').selectOption('Failed');
  await expect(page.getByRole('row')).toHaveCount(8);
  await expect(page).toHaveURL(/state=failed/);
  await page.getByRole('link', { name: 'web28' }).click();
  await expect(page.getByText('a task did not leave the function')).toBeVisible();
  await page.goBack();
  await expect(page.getByLabel('State')).toHaveValue('failed');
});

test('nothing is like what a person looks for', async ({ page }) => {
  await page.goto(`${server.url}/#/hosts?cve=CVE-1999-0001`);
  await expect(page.getByText('No host is like this')).toBeVisible();
  await page.getByRole('link', { name: 'Show all hosts' }).click();
  await expect(page.getByRole('row')).toHaveCount(51);
});

test('a link that leads nowhere says so', async ({ page }) => {
  await page.goto(`${server.url}/#/nowhere/at/all`);
  await expect(page.getByText('This link leads nowhere')).toBeVisible();
  await page.goto(`${server.url}/#/hosts/00112233445566778899aabbccddeeff`);
  await expect(page.getByRole('alert')).toContainText('host.unknown');
});

const kViews = { fleet: '', hosts: 'hosts', host: `hosts/${'1'.padStart(32, '0')}`, events: 'events' };
for (const [name, path] of Object.entries(kViews)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`${name} keeps nobody out, ${colorScheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme });
      await page.goto(`${server.url}/#/${path}`);
      await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expect(page.getByRole('status', { name: 'Loading' })).toHaveCount(0);
      await expectAccessible(page);
      await shot(page, `${name}-${colorScheme}`);
    });
  }
  test(`${name} fits a phone`, async ({ page }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto(`${server.url}/#/${path}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.getByRole('status', { name: 'Loading' })).toHaveCount(0);
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await shot(page, `${name}-phone`);
  });
}

test('the keyboard alone goes everywhere', async ({ page }) => {
  await page.goto(server.url);
  await expect(page.getByText('60 hosts')).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('main')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.locator('main a').first()).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#\/hosts\?state=applied/);
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
});

test('a server that goes away is said to, and is found again', async ({ page }) => {
  await page.goto(`${server.url}/#/hosts`);
  await expect(page.getByRole('row')).toHaveCount(51);
  await server.stop();
  await page.getByLabel('State').selectOption('Patched');
  await expect(page.getByRole('alert')).toContainText('server does not answer');
  await server.again();
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'web1', exact: true })).toBeVisible();
});

test('a chosen theme stays', async ({ page }) => {
  await page.goto(server.url);
  await page.getByLabel('Dark').check();
  await page.reload();
  await expect(page.getByLabel('Dark')).toBeChecked();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});
