// SPDX-License-Identifier: Apache-2.0
//
// What a view shows comes by one of these: it is fetched when its key changes, again and again while the page is
// looked at, and stays on the screen while newer data is under way, so that nothing jumps.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from './api';

export interface Load<T> {
  data: T | undefined;
  /** Of the last try; older data may be there still. */
  error: ApiError | undefined;
  busy: boolean;
  reload: () => void;
}

interface State<T> {
  key: string;
  data: T | undefined;
  error: ApiError | undefined;
  busy: boolean;
}

/** `every`: seconds until it is fetched again, when the page is visible. */
export function useLoad<T>(key: string, fetcher: (signal: AbortSignal) => Promise<T>, every = 0): Load<T> {
  const [state, setState] = useState<State<T>>({ key, data: undefined, error: undefined, busy: true });
  const [turn, setTurn] = useState(0);
  const latest = useRef(fetcher);
  latest.current = fetcher;

  useEffect(() => {
    const abort = new AbortController();
    setState((old) => ({ ...old, busy: true }));
    latest
      .current(abort.signal)
      .then((data) => setState({ key, data, error: undefined, busy: false }))
      .catch((problem: unknown) => {
        if (abort.signal.aborted) return;
        const error = problem instanceof ApiError ? problem : new ApiError(0, 'page.error', String(problem));
        setState((old) => ({ key, data: old.key === key ? old.data : undefined, error, busy: false }));
      });
    return () => abort.abort();
  }, [key, turn]);

  const reload = useCallback(() => setTurn((old) => old + 1), []);
  useEffect(() => {
    if (every === 0) return undefined;
    const look = () => document.visibilityState === 'visible' && reload();
    const timer = setInterval(look, every * 1000);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [every, reload]);

  // Data of another key is shown dimmed at most by whoever wants to; a view of another thing must not show it.
  return { data: state.data, error: state.key === key ? state.error : undefined, busy: state.busy || state.key !== key, reload };
}
