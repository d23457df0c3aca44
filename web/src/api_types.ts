// SPDX-License-Identifier: Apache-2.0
//
// What the server's interface speaks of (docs/server-api.md), as api.ts gives it to the views.

export type HostState = 'unpatched' | 'applied' | 'reverted' | 'failed' | 'unsupported';
export type Role = 'viewer' | 'operator' | 'approver' | 'admin';

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

export interface Token {
  id: number;
  name: string;
  role: Role;
  scopes: string[] | null;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  revoked_at: string | null;
}

export interface Session {
  user: string;
  role: Role;
  /** What may be done, spelt out. */
  scopes: string[];
  way: string;
  local: boolean;
  totp: boolean;
  begun_at: string;
  csrf: string;
}

export interface LoginWays {
  password: boolean;
  /** Single sign-on. */
  oidc: boolean;
}
/** `qr` is the path of an SVG whose viewBox is "0 0 size size". */
export interface TotpOffer {
  secret: string;
  uri: string;
  qr: { size: number; path: string };
}

export interface User {
  id: number;
  name: string;
  role: Role;
  scopes: string[] | null;
  local: boolean;
  totp: boolean;
  created_at: string;
  disabled_at: string | null;
  login_at: string | null;
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

export interface AuditEntry {
  number: number;
  time: string;
  who: string;
  action: string;
  object: string;
  result: string;
  hash: string;
}
