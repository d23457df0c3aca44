// SPDX-License-Identifier: Apache-2.0
//
// A repository as its owner publishes it. Its modules are lines of text, since no kernel will load them: all that the
// server reads is the signed metadata.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const kSuture = process.env.SUTURE ?? '';

export interface Kernel {
  build_id: string;
  release: string;
  version: string;
}

export class Repository {
  readonly folder: string;

  constructor(private readonly place: string) {
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
    this.folder = join(place, 'repository');
    this.suture('repo', 'init', this.folder, '--keys', join(place, 'keys'));
  }

  publish(kernel: Kernel, level: number, cves: string[], channel = 'stable'): void {
    const folder = join(this.place, `${kernel.build_id.slice(0, 8)}-${level}`);
    mkdirSync(folder, { recursive: true });
    const module = `module of level ${level} for ${kernel.build_id}\n`;
    const name = `suture_${level}`;
    writeFileSync(join(folder, `${name}.ko`), module);
    const sha256 = createHash('sha256').update(module).digest('hex');
    const patchset = {
      format: 2,
      target: { distribution: 'debian', architecture: 'x86_64', ...kernel },
      level,
      modules: [{ engine: 'klp', name, file: `${name}.ko`, sha256, size: module.length }],
      fixes: cves.map((cve) => ({ name: cve, sha256: '0'.repeat(64), cves: [cve] })),
      objects: [],
      risks: [],
      tool: 'suture of a test',
    };
    writeFileSync(join(folder, 'patchset.json'), JSON.stringify(patchset));
    const into = ['--repository', this.folder, '--keys', join(this.place, 'keys'), '--channel', channel];
    this.suture('publish', folder, ...into, '--unqualified', 'a test');
  }

  private suture(...words: string[]): void {
    execFileSync(kSuture, words, { stdio: ['ignore', 'ignore', 'inherit'] });
  }
}
