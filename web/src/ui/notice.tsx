// SPDX-License-Identifier: Apache-2.0
//
// What stands where data would: nothing yet, nothing at all, or a failure, each with what to do.
import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api';
import type { Load } from '../load';
import { Icon } from './icon';

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children && <div class="empty-text">{children}</div>}
    </div>
  );
}

function advice(error: ApiError): string {
  if (error.status === 0) return 'Is the server running, and this machine on its network? The page tries again by itself.';
  if (error.code === 'session.refused') return 'Try again; a code of an authenticator holds for half a minute.';
  if (error.status === 401) return 'Log in again to go on.';
  if (error.status === 403) return 'Your role does not allow this. An administrator can give you another.';
  if (error.status === 404) return 'It may have been removed, or the link is old.';
  if (error.status === 429) return 'Wait a little, then try again.';
  if (error.status >= 500) return 'The server has a problem of its own; its log says more.';
  return 'Reload the page, and if that does not help, look at the server’s log.';
}

export function Failure({ error, retry }: { error: ApiError; retry?: () => void }) {
  return (
    <div class="failure" role="alert">
      <Icon name="exposed" />
      <div>
        <p>
          <strong>{sentence(error.message || 'the server refused this')}</strong> <code>{error.code}</code>
        </p>
        <p class="muted">{advice(error)}</p>
        {retry && (
          <button type="button" class="button" onClick={retry}>
            Try again
          </button>
        )}
      </div>
    </div>
  );
}

/** As a sentence of its own. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  const first = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** Grey lines where text will be. `lines` is about as much as will come, so that little moves then. */
export function Skeleton({ lines = 6 }: { lines?: number }) {
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} class={`skeleton-line width-${line % 4}`} />
      ))}
    </div>
  );
}

/** The data, or what stands in its place. With older data on the screen, a failure is told above it. */
export function Loaded<T>({
  load,
  lines,
  children,
}: {
  load: Load<T>;
  lines?: number;
  children: (data: T) => ComponentChildren;
}) {
  if (load.data === undefined) {
    return load.error ? <Failure error={load.error} retry={load.reload} /> : <Skeleton lines={lines ?? 6} />;
  }
  return (
    <>
      {load.error && <Failure error={load.error} retry={load.reload} />}
      {children(load.data)}
    </>
  );
}
