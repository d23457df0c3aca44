// SPDX-License-Identifier: Apache-2.0
//
// The server's interface (docs/server-api.md): the only file that knows its routes.
import type {
  Advisories,
  AuditEntry,
  CveDetail,
  CvePlace,
  FleetCve,
  FleetEvent,
  Group,
  GroupRule,
  HistoryRow,
  Host,
  HostDetail,
  LoginWays,
  Role,
  Session,
  StoredReport,
  Summary,
  Target,
  Token,
  TotpOffer,
  User,
} from './api_types';
import type { NewCourse, Policy, Rollout, RolloutDetail } from './rollout_types';

export type * from './api_types';

/** A browser goes there itself, and comes back to "/", with "?login=CODE" when it did not succeed. */
export const kSignOnAddress = '/api/v1/oidc/login';

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

/** Of the session: what a request that changes something must carry. Only a page of this server's can know it. */
let csrf = '';

async function call<T>(method: string, url: string, signal?: AbortSignal, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (method !== 'GET' && csrf) headers['X-CSRF-Token'] = csrf;
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
  if (!response.ok) {
    const error = await failure(response);
    if (error.code === 'session.totp-required') window.dispatchEvent(new Event('totprequired'));
    if (error.status === 401 && !url.startsWith('/api/v1/session')) window.dispatchEvent(new Event('sessionended'));
    throw error;
  }
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return call<T>('GET', address(path, query), signal);
}

export type RolloutCommand = 'halt' | 'resume' | 'revert' | 'cancel' | 'urgent';

/** Why a host has the level that it has, from what it said to what is to come. */
export interface Explanation {
  host_id: string;
  level: number;
  plan: { level: number; urgent: boolean; rollout: string; reason: string } | null;
  because: { code: string; text: string }[];
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

function begun(session: Session): Session {
  csrf = session.csrf;
  return session;
}

export const api = {
  session: async (signal: AbortSignal) => begun(await get<Session>('session', {}, signal)),
  logIn: async (login: { name: string; password: string; code: string | null }) =>
    begun(await call<Session>('POST', address('session', {}), undefined, login)),
  loginWays: (signal: AbortSignal) => get<LoginWays>('login-ways', {}, signal),
  logOut: async () => {
    await call<unknown>('DELETE', address('session', {}));
    csrf = '';
  },
  changePassword: (passwords: { old: string; new: string }) =>
    call<unknown>('POST', address('session/password', {}), undefined, passwords),
  offerTotp: (password: string) => call<TotpOffer>('POST', address('session/totp', {}), undefined, { password }),
  confirmTotp: (code: string) => call<{ recovery_codes: string[] }>('PUT', address('session/totp', {}), undefined, { code }),
  dropTotp: (password: string) => call<unknown>('DELETE', address('session/totp', {}), undefined, { password }),
  users: (after: number | undefined, signal: AbortSignal) =>
    get<{ users: User[]; next: number | null }>('users', { after }, signal),
  addUser: (user: { name: string; role: Role; scopes: string[] | null; password: string }) =>
    call<User>('POST', address('users', {}), undefined, user),
  changeUser: (id: number, change: { role?: Role; disabled?: boolean; password?: string; totp?: false }) =>
    call<User>('PATCH', address(`users/${segment(id)}`, {}), undefined, change),
  removeUser: (id: number) => call<unknown>('DELETE', address(`users/${segment(id)}`, {})),
  endSessions: (id: number) => call<{ ended: number }>('DELETE', address(`users/${segment(id)}/sessions`, {})),
  events: (filter: EventFilter, signal: AbortSignal) =>
    get<{ events: FleetEvent[]; last: number; next: number | null }>('events', { ...filter }, signal),
  summary: (signal: AbortSignal) => get<Summary>('summary', {}, signal),
  hosts: (filter: HostFilter, signal: AbortSignal) =>
    get<{ hosts: Host[]; next: string | null }>('hosts', { ...filter }, signal),
  host: (id: string, signal: AbortSignal) => get<HostDetail>(`hosts/${segment(id)}`, {}, signal),
  reports: (id: string, after: number | undefined, signal: AbortSignal) =>
    get<{ reports: StoredReport[]; next: number | null }>(`hosts/${segment(id)}/reports`, { limit: 20, after }, signal),
  forgetKey: (id: string) => call<{ forgotten: boolean }>('DELETE', address(`hosts/${segment(id)}/key`, {})),
  setTags: (id: string, tags: string[]) =>
    call<{ tags: string[] }>('PUT', address(`hosts/${segment(id)}/tags`, {}), undefined, { tags }),
  removeHost: (id: string) => call<unknown>('DELETE', address(`hosts/${segment(id)}`, {})),
  advisories: (id: string, signal: AbortSignal) =>
    get<Advisories>(`hosts/${segment(id)}/advisories`, { limit: 1000 }, signal),
  groups: (signal: AbortSignal) => get<{ groups: Group[] }>('groups', {}, signal),
  putGroup: (name: string, group: { description: string; rule?: GroupRule; hosts?: string[] }) =>
    call<Group>('PUT', address(`groups/${segment(name)}`, {}), undefined, group),
  removeGroup: (name: string) => call<unknown>('DELETE', address(`groups/${segment(name)}`, {})),
  targets: (signal: AbortSignal) =>
    get<{ targets: Target[]; expires: string | null; next: string | null }>('targets', { limit: 1000 }, signal),
  history: (days: number, signal: AbortSignal) => get<{ history: HistoryRow[] }>('history', { days }, signal),
  cves: (filter: { status?: string | undefined; limit?: number; after?: string | undefined }, signal: AbortSignal) =>
    get<{ cves: FleetCve[]; next: string | null }>('cves', { ...filter }, signal),
  cve: (id: string, filter: { status: CvePlace; after?: string | undefined }, signal: AbortSignal) =>
    get<CveDetail>(`cves/${segment(id)}`, { ...filter, limit: 50 }, signal),
  tokens: (after: number | undefined, signal: AbortSignal) =>
    get<{ tokens: Token[]; next: number | null }>('tokens', { after }, signal),
  addToken: (token: { name: string; role: Role; scopes: string[] | null; expires_at: string | null }) =>
    call<Token & { secret: string }>('POST', address('tokens', {}), undefined, token),
  revokeToken: (id: number) => call<Token>('DELETE', address(`tokens/${segment(id)}`, {})),
  rollouts: (filter: { after?: string | undefined; limit?: number; state?: string }, signal: AbortSignal) =>
    get<{ rollouts: Rollout[]; next: number | null }>('rollouts', { ...filter }, signal),
  rollout: (id: string, signal: AbortSignal) => get<RolloutDetail>(`rollouts/${segment(id)}`, {}, signal),
  startRollout: (rollout: { policy: string } | NewCourse) =>
    call<RolloutDetail>('POST', address('rollouts', {}), undefined, rollout),
  commandRollout: (id: string, command: RolloutCommand) =>
    call<RolloutDetail>('POST', address(`rollouts/${segment(id)}/${command}`, {})),
  approveRollout: (id: string, urgent: boolean) =>
    call<RolloutDetail>('POST', address(`rollouts/${segment(id)}/approve`, {}), undefined, { urgent }),
  policies: (signal: AbortSignal) => get<{ policies: Policy[] }>('rollout-policies', {}, signal),
  putPolicy: (name: string, policy: NewCourse & { automatic: boolean }) =>
    call<Policy>('PUT', address(`rollout-policies/${segment(name)}`, {}), undefined, policy),
  removePolicy: (name: string) => call<unknown>('DELETE', address(`rollout-policies/${segment(name)}`, {})),
  explain: (id: string, signal: AbortSignal) => get<Explanation>(`hosts/${segment(id)}/explain`, {}, signal),
  audit: (after: number | undefined, signal: AbortSignal) =>
    get<{ entries: AuditEntry[]; next: number | null }>('audit', { limit: 50, after }, signal),
};
