// SPDX-License-Identifier: Apache-2.0
//
// The company whose administrators the tests are: a server with a repository, and a fleet that reports.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Member, publishAll, reportAll } from './fleet';
import { Repository } from './repository';
import { Server } from './server';

export interface Company {
  server: Server;
  repository: Repository;
  members: Member[];
}

export async function foundCompany(folder: string, hosts: number): Promise<Company> {
  const repository = new Repository(`${folder}-repository`);
  publishAll(repository);
  const server = await Server.start(folder, ['--repository', repository.folder]);
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
    share = 0.08 + 0.02 * (day % 9) ** 0.5 + (0.3 if 12 < day < 14 else 0) + (0.15 if 14 <= day < 17 else 0)
    exposed, unknown = int(hosts * share), 2 + int(day) % 2
    time = (now - datetime.timedelta(hours=hour)).strftime('%Y-%m-%dT%H:%M:%SZ')
    database.execute('DELETE FROM history WHERE time = ?', (time,))
    database.execute('INSERT INTO history (time, hosts, safe, exposed, unknown, silent, failed) VALUES (?, ?, ?, ?, ?, 0, 1)',
                     (time, hosts, hosts - exposed - unknown, exposed, unknown))
database.commit()
`;
  execFileSync('python3', ['-c', rows, join(server.folder, 'fleet.db'), String(hosts)]);
}
