// SPDX-License-Identifier: Apache-2.0
//
// Simulated hosts: each signs its reports with a key of its own, as an agent does (RFC 9421, by node's Ed25519).
import { createHash, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';

export interface HostOptions {
  number: number;
  hostname: string;
  release?: string;
  build_id?: string;
  channel?: string;
}

export class SimulatedHost {
  readonly id: string;
  private readonly key: KeyObject;
  private readonly publicKey: string;
  private readonly bootId = randomUUID();
  private counter = 1_700_000_000_000_000;
  private last: Record<string, unknown> = {};

  constructor(
    private readonly server: string,
    private readonly options: HostOptions,
  ) {
    this.id = options.number.toString(16).padStart(32, '0');
    const pair = generateKeyPairSync('ed25519');
    this.key = pair.privateKey;
    this.publicKey = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
  }

  get level(): number {
    return Number(this.last.level ?? 0);
  }

  /** The level that the server's plan has for it; undefined: it has none. It says nothing new. */
  async plannedLevel(): Promise<number | undefined> {
    const answer = (await this.report(this.last)) as { plan?: { level: number } };
    return answer.plan?.level;
  }

  async apply(level: number, cves: string[]): Promise<void> {
    if (level === 0) await this.report({ state: 'unpatched', level: 0 });
    else await this.report({ state: 'applied', level, engine: 'klp', cves });
  }

  /** The report is the host's usual one, with what differs; the answer is the server's. */
  async report(changes: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    this.last = changes;
    const now = `${new Date().toISOString().slice(0, 19)}Z`;
    const body = JSON.stringify({
      format: 1,
      host_id: this.id,
      hostname: this.options.hostname,
      agent: 'sutured 0.1.0',
      boot_id: this.bootId,
      uptime_seconds: 5_000 + this.options.number * 977,
      release: this.options.release ?? '6.1.0-47-cloud-amd64',
      architecture: 'x86_64',
      build_id: this.options.build_id ?? 'a'.repeat(40),
      state: 'unpatched',
      level: 0,
      engine: '',
      channel: this.options.channel ?? 'stable',
      cves: [],
      changed_at: now,
      checked_at: now,
      error: null,
      rollouts: true,
      ...changes,
    });
    const response = await fetch(`${this.server}/api/v1/reports`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...this.signed(body) },
      body,
    });
    if (response.status !== 202) throw new Error(`the report was refused: ${response.status} ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  }

  private signed(body: string): Record<string, string> {
    const digest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
    const created = Math.floor(Date.now() / 1000);
    const parameters =
      `("@method" "@path" "suture-host-id" "content-digest");created=${created};nonce="${++this.counter}";` +
      `keyid="${this.publicKey}";alg="ed25519"`;
    const base = [
      '"@method": POST',
      '"@path": /api/v1/reports',
      `"suture-host-id": ${this.id}`,
      `"content-digest": ${digest}`,
      `"@signature-params": ${parameters}`,
    ].join('\n');
    return {
      'Suture-Host-Id': this.id,
      'Content-Digest': digest,
      'Signature-Input': `suture=${parameters}`,
      Signature: `suture=:${sign(null, Buffer.from(base), this.key).toString('base64')}:`,
    };
  }
}
