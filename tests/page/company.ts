// SPDX-License-Identifier: Apache-2.0
//
// The company whose administrators the tests are: a server with a repository, people, and a fleet that reports.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Page, expect } from '@playwright/test';
import { type Member, publishAll, reportAll } from './fleet';
import { Repository } from './repository';
import { Server } from './server';

export const kPassword = 'correct horse battery';
export const kPeople = { alice: 'admin', bob: 'approver', carol: 'operator', dave: 'viewer' } as const;
export type Person = keyof typeof kPeople;

export interface Company {
  server: Server;
  repository: Repository;
  members: Member[];
}

export async function foundCompany(folder: string, hosts: number): Promise<Company> {
  const repository = new Repository(`${folder}-repository`);
  publishAll(repository);
  const server = await Server.start(folder, ['--repository', repository.folder]);
  for (const [name, role] of Object.entries(kPeople)) server.addPerson(name, role, kPassword);
  return { server, repository, members: await reportAll(server.url, hosts) };
}

/** A month that no test can wait for, written where the server would have written it hour by hour. */
export function rememberMonth(server: Server, hosts: number): void {
  const rows = `
import sqlite3, sys, datetime
database = sqlite3.connect(sys.argv[1], timeout=20)
now = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0)
hosts = int(sys.argv[2])
for hour in range(30 * 24, -1, -1):
    day = (30 * 24 - hour) / 24
    share = 0.2 + 0.08 * (day % 9) ** 0.5 + (0.3 if 12 < day < 14 else 0) + (0.15 if 14 <= day < 17 else 0)
    exposed, unknown = int(hosts * share), 2 + int(day) % 2
    time = (now - datetime.timedelta(hours=hour)).strftime('%Y-%m-%dT%H:%M:%SZ')
    database.execute('DELETE FROM history WHERE time = ?', (time,))
    database.execute('INSERT INTO history (time, hosts, safe, exposed, unknown, silent, failed) VALUES (?, ?, ?, ?, ?, 0, 1)',
                     (time, hosts, hosts - exposed - unknown, exposed, unknown))
database.commit()
`;
  execFileSync('python3', ['-c', rows, join(server.folder, 'fleet.db'), String(hosts)]);
}

export async function logIn(page: Page, server: Server, person: Person, path = ''): Promise<void> {
  await page.goto(`${server.url}/#/${path}`);
  await expect(page.getByRole('heading', { name: 'Log in to Suture' })).toBeVisible();
  await page.getByLabel('Name').fill(person);
  await page.getByLabel('Password').fill(kPassword);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.locator('.who')).toContainText(person);
}
