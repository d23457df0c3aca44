// SPDX-License-Identifier: Apache-2.0
//
// Looking at a fleet on a server on which nobody has set up access yet.
import { SimulatedHost } from './hosts';
import { expect, expectAccessible, test } from './look';
import { Server } from './server';

let server: Server;
const kHosts = 60;

test.describe.configure({ mode: 'serial' });
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
  await page.reload();
  await expect(page.getByText('60 hosts')).toBeVisible();
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
  await expect(page.getByText('a task did not leave the function', { exact: true })).toBeVisible();
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

test('the keyboard alone goes everywhere', async ({ page }) => {
  await page.goto(server.url);
  await expect(page.getByText('60 hosts')).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('main')).toBeFocused();
  await page.reload();
  await expect(page.getByText('60 hosts')).toBeVisible();
  for (const name of ['Skip to the content', 'Suture', 'Fleet', 'Hosts']) {
    await page.keyboard.press('Tab');
    await expect(page.getByRole('link', { name, exact: true })).toBeFocused();
  }
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Hosts' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByLabel('Name begins with')).toBeFocused();
  await page.keyboard.type('web28');
  await expect(page.getByRole('row')).toHaveCount(2);
  for (let tabs = 0; tabs < 12 && !(await page.getByRole('link', { name: 'web28' }).evaluate((it) => it === document.activeElement)); ++tabs) {
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'web28' })).toBeFocused();
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
