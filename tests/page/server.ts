// SPDX-License-Identifier: Apache-2.0
//
// A real server with a database of its own.
import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const kProgram = process.env.SUTURE_SERVER ?? '';

export class Server {
  url = '';
  private child: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    private readonly options: string[],
  ) {}

  static async start(folder: string, options: string[] = []): Promise<Server> {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const server = new Server(folder, options);
    await server.run('127.0.0.1:0');
    return server;
  }

  /** A command of suture-server on this server's database. */
  command(...words: string[]): string {
    return execFileSync(kProgram, ['--database', this.database, ...words], { encoding: 'utf8' });
  }

  addPerson(name: string, role: string, password: string): void {
    execFileSync(kProgram, ['--database', this.database, 'user', 'add', '--name', name, '--role', role], {
      input: `${password}\n`,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
  }

  async stop(): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }

  /** At the address where it was. */
  async again(): Promise<void> {
    await this.run(new URL(this.url).host);
  }

  private get database(): string {
    return join(this.folder, 'fleet.db');
  }

  private async run(listen: string): Promise<void> {
    const portFile = join(this.folder, 'port');
    rmSync(portFile, { force: true });
    const words = ['--listen', listen, '--database', this.database, '--port-file', portFile, '--log-level', 'warning'];
    this.child = spawn(kProgram, [...words, ...this.options], { stdio: ['ignore', 'ignore', 'inherit'] });
    for (let tries = 0; !existsSync(portFile) || readFileSync(portFile, 'utf8').trim() === ''; ++tries) {
      if (tries > 600 || this.child.exitCode !== null) throw new Error('the server did not start');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.url = `http://127.0.0.1:${readFileSync(portFile, 'utf8').trim()}`;
  }
}
