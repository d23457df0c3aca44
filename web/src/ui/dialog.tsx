// SPDX-License-Identifier: Apache-2.0
//
// A question that must be answered before anything else. The browser's own <dialog> keeps the focus inside, gives it
// back afterwards, and closes on Escape.
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api';
import { Failure } from './notice';

export function Dialog({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const element = useRef<HTMLDialogElement>(null);
  const label = useId();
  const alive = useRef(true);
  useLayoutEffect(() => {
    const shown = element.current;
    if (shown && !shown.open) shown.showModal();
    return () => {
      // It gives the focus back; that it closes is no news to whoever took it away.
      alive.current = false;
      shown?.close();
    };
  }, []);
  return (
    <dialog ref={element} aria-labelledby={label} onClose={() => alive.current && onClose()}>
      <h2 id={label}>{title}</h2>
      {children}
    </dialog>
  );
}

/** Asks before something is done, does it, and says why when it did not work. */
export function Confirm({
  title,
  action,
  danger = false,
  children,
  onConfirm,
  onClose,
}: {
  title: string;
  action: string;
  danger?: boolean;
  children: ComponentChildren;
  onConfirm: () => Promise<void>;
  onClose: () => void;
}) {
  const { busy, error, run } = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      await onConfirm();
      onClose();
    });
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
        {children}
        {error && <Failure error={error} />}
        <div class="buttons">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class={`button ${danger ? 'danger' : 'primary'}`} disabled={busy}>
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export interface Action {
  busy: boolean;
  error: ApiError | undefined;
  run: (work: () => Promise<void>) => Promise<void>;
}

/** One thing at a time, with its failure kept to be shown. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | undefined>(undefined);
  const run = async (work: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    try {
      await work();
    } catch (problem) {
      setError(problem instanceof ApiError ? problem : new ApiError(0, 'page.error', String(problem)));
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, run };
}
