// SPDX-License-Identifier: Apache-2.0
//
// A small company's servers: three kernels, two channels, some hosts behind, some that failed, some that nothing is
// known of.
import { SimulatedHost } from './hosts';
import type { Kernel, Repository } from './repository';

export const kCloud: Kernel = { build_id: 'a1'.repeat(20), release: '6.1.0-47-cloud-amd64', version: '6.1.170-3' };
export const kMetal: Kernel = { build_id: 'b2'.repeat(20), release: '6.1.0-47-amd64', version: '6.1.170-3' };
export const kNew: Kernel = { build_id: 'c3'.repeat(20), release: '6.12.48+deb13-amd64', version: '6.12.48-1' };

/** Each level has the fixes of those before it. */
export const kFixes: string[][] = [
  ['CVE-2026-53249', 'CVE-2026-31402'],
  ['CVE-2026-53249', 'CVE-2026-31402', 'CVE-2026-40117'],
  ['CVE-2026-53249', 'CVE-2026-31402', 'CVE-2026-40117', 'CVE-2026-61920', 'CVE-2026-61921'],
];

export function publishAll(repository: Repository): void {
  for (const [index, cves] of kFixes.entries()) repository.publish(kCloud, index + 1, cves);
  for (const [index, cves] of kFixes.slice(0, 2).entries()) repository.publish(kMetal, index + 1, cves);
  repository.publish(kNew, 1, ['CVE-2026-40117']);
}

/** What a host says that has this level; 0: none. */
export function atLevel(level: number): Record<string, unknown> {
  if (level === 0) return { state: 'unpatched', level: 0 };
  return { state: 'applied', level, engine: 'klp', cves: kFixes[level - 1] };
}

const kRoles = ['web', 'db', 'cache', 'mail', 'build'];

export interface Member {
  host: SimulatedHost;
  hostname: string;
  kernel: Kernel;
  /** The repository has its kernel. */
  known: boolean;
}

/** As many hosts as asked for, which have reported. */
export async function reportAll(server: string, count: number): Promise<Member[]> {
  const members: Member[] = [];
  for (let number = 1; number <= count; ++number) {
    const role = kRoles[number % kRoles.length];
    const hostname = `${role}-${String(number).padStart(3, '0')}.example.org`;
    const kernel = number % 8 === 0 ? kNew : number % 3 === 0 ? kMetal : kCloud;
    const unknown = number % 17 === 0;
    const host = new SimulatedHost(server, {
      number,
      hostname,
      release: unknown ? '5.10.0-35-amd64' : kernel.release,
      build_id: unknown ? 'dd'.repeat(20) : kernel.build_id,
    });
    await host.report(firstReport(number, unknown, kernel));
    members.push({ host, hostname, kernel, known: !unknown });
  }
  return members;
}

function firstReport(number: number, unknown: boolean, kernel: Kernel): Record<string, unknown> {
  if (unknown) return {};
  if (number % 23 === 0) {
    return { ...atLevel(0), state: 'failed', error: { code: 'engine.busy', message: 'task kworker/3:1 did not leave ip_options_get' } };
  }
  if (number % 29 === 0) return { state: 'reverted', level: 0 };
  if (kernel === kNew) return atLevel(0);
  if (kernel === kMetal) return atLevel(2);
  return atLevel(number % 4 === 0 ? 1 : number % 5 === 0 ? 2 : 3);
}
