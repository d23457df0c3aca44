// SPDX-License-Identifier: Apache-2.0
//
// The server's interface (docs/server-api.md): the only file that knows its routes.

export type HostState = 'unpatched' | 'applied' | 'reverted' | 'failed' | 'unsupported';

export interface Report {
  host_id: string;
  hostname: string;
  agent: string;
  boot_id: string;
  uptime_seconds: number;
  release: string;
  architecture: string;
  build_id: string;
  state: HostState;
  level: number;
  engine: string;
  channel: string;
  cves: string[];
  changed_at: string;
  checked_at: string;
  error: { code: string; message: string } | null;
}

export interface Host extends Report {
  first_seen_at: string;
  received_at: string;
  authenticated: boolean;
}

export interface HostKey {
  public: string;
  registered_at: string;
  clone: { seen_at: string; machines: { boot_id: string; hostname: string }[] } | null;
  also_of: string[];
}

export interface HostDetail extends Host {
  key: HostKey | null;
  tags: string[];
  groups: string[];
  silent: boolean;
  exposure: Exposure;
}

export interface StoredReport {
  id: number;
  received_at: string;
  report: Report;
}

export interface Summary {
  hosts: number;
  exposure: ExposureCounts;
  by_state: Partial<Record<HostState, number>>;
  by_level: Record<string, number>;
  by_release: Record<string, number>;
}

export type Exposure = 'safe' | 'exposed' | 'unknown';
export type ExposureCounts = Record<Exposure, number>;

/** A kernel for which a channel has patchsets. */
export interface Target {
  build_id: string;
  channel: string;
  distribution: string;
  release: string;
  level: number;
  cves: number;
  hosts: number;
  exposure: ExposureCounts;
}

export interface HistoryRow {
  time: string;
  hosts: number;
  safe: number;
  exposed: number;
  unknown: number;
  silent: number;
  failed: number;
}

export type CvePlace = 'open' | 'closed' | 'unknown';
export type CveCounts = Record<CvePlace | 'not_affected', number>;
export type CveStatus = 'open' | 'affected' | 'under_investigation' | 'closed' | 'fixed' | 'not_affected' | 'unknown';

export interface FleetCve {
  cve: string;
  hosts: CveCounts;
  targets: number;
}

export interface CveHost {
  host_id: string;
  hostname: string;
  release: string;
  build_id: string;
  channel: string;
  level: number;
  state: HostState;
  silent: boolean;
  status: CveStatus;
  fix_level: number | null;
}

export interface CveDetail {
  cve: string;
  counts: CveCounts;
  targets: { build_id: string; channel: string; release: string | null; level: number | null; hosts: CveCounts }[];
  hosts: CveHost[];
  next: string | null;
}

export interface Advisory {
  cve: string;
  status: CveStatus;
  level: number | null;
  why: string | null;
  justification: string | null;
}

export interface Advisories {
  exposure: Exposure;
  counts: Partial<Record<CveStatus, number>>;
  advisories: Advisory[];
  next: string | null;
}

export interface GroupRule {
  tags?: string[];
  hostname?: string;
  release?: string;
  distribution?: string;
}

export interface Group {
  name: string;
  description: string;
  /** Null: a list of hosts. */
  rule: GroupRule | null;
  changed_at: string;
  hosts: number;
}

export type Severity = 'info' | 'warning' | 'critical';

export interface FleetEvent {
  id: number;
  time: string;
  kind: string;
  severity: Severity;
  host_id: string | null;
  subject: string;
  text: string;
}

/** What a view shows of a failure: the server's own words where it had any. Status 0: it did not answer. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

type Query = Record<string, string | number | undefined>;

function address(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') parameters.set(key, String(value));
  }
  const text = parameters.toString();
  return `/api/v1/${path}${text && `?${text}`}`;
}

function segment(text: string | number): string {
  return encodeURIComponent(String(text));
}

async function failure(response: Response): Promise<ApiError> {
  try {
    const body = (await response.json()) as { error?: { code?: string; message?: string } };
    if (body.error?.code) return new ApiError(response.status, body.error.code, body.error.message ?? '');
  } catch {
    // A proxy's page, or nothing at all.
  }
  return new ApiError(response.status, 'page.answer', `the server answered ${response.status}`);
}

async function call<T>(method: string, url: string, signal?: AbortSignal, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });
  } catch (problem) {
    if (signal?.aborted) throw problem;
    throw new ApiError(0, 'page.offline', 'the server does not answer');
  }
  if (!response.ok) throw await failure(response);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return call<T>('GET', address(path, query), signal);
}

export interface EventFilter {
  kind?: string;
  severity?: string;
  host?: string;
  limit?: number;
  before?: number;
}

export interface HostFilter {
  state?: string | undefined;
  cve?: string | undefined;
  tag?: string | undefined;
  group?: string | undefined;
  build_id?: string | undefined;
  release?: string | undefined;
  /** The beginning of a name. */
  q?: string | undefined;
  limit?: number;
  after?: string | undefined;
}

export const api = {
  events: (filter: EventFilter, signal: AbortSignal) =>
    get<{ events: FleetEvent[]; last: number; next: number | null }>('events', { ...filter }, signal),
  summary: (signal: AbortSignal) => get<Summary>('summary', {}, signal),
  hosts: (filter: HostFilter, signal: AbortSignal) =>
    get<{ hosts: Host[]; next: string | null }>('hosts', { ...filter }, signal),
  host: (id: string, signal: AbortSignal) => get<HostDetail>(`hosts/${segment(id)}`, {}, signal),
  reports: (id: string, after: number | undefined, signal: AbortSignal) =>
    get<{ reports: StoredReport[]; next: number | null }>(`hosts/${segment(id)}/reports`, { limit: 20, after }, signal),
  advisories: (id: string, signal: AbortSignal) =>
    get<Advisories>(`hosts/${segment(id)}/advisories`, { limit: 1000 }, signal),
  groups: (signal: AbortSignal) => get<{ groups: Group[] }>('groups', {}, signal),
  targets: (signal: AbortSignal) =>
    get<{ targets: Target[]; expires: string | null; next: string | null }>('targets', { limit: 1000 }, signal),
  history: (days: number, signal: AbortSignal) => get<{ history: HistoryRow[] }>('history', { days }, signal),
  cves: (filter: { status?: string | undefined; limit?: number; after?: string | undefined }, signal: AbortSignal) =>
    get<{ cves: FleetCve[]; next: string | null }>('cves', { ...filter }, signal),
  cve: (id: string, filter: { status: CvePlace; after?: string | undefined }, signal: AbortSignal) =>
    get<CveDetail>(`cves/${segment(id)}`, { ...filter, limit: 50 }, signal),
};
