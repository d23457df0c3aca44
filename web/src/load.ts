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
  /** What is shown is of another key still. To fetch the same again is nothing that anybody should see. */
  busy: boolean;
  reload: () => void;
}

interface State<T> {
  key: string;
  data: T | undefined;
  error: ApiError | undefined;
}

/** `every`: seconds until it is fetched again, when the page is visible. */
export function useLoad<T>(key: string, fetcher: (signal: AbortSignal) => Promise<T>, every = 0): Load<T> {
  const [state, setState] = useState<State<T>>({ key, data: undefined, error: undefined });
  const [turn, setTurn] = useState(0);
  const latest = useRef(fetcher);
  latest.current = fetcher;

  useEffect(() => {
    const abort = new AbortController();
    latest
      .current(abort.signal)
      .then((data) => {
        if (!abort.signal.aborted) setState({ key, data, error: undefined });
      })
      .catch((problem: unknown) => {
        if (abort.signal.aborted) return;
        const error = problem instanceof ApiError ? problem : new ApiError(0, 'page.error', String(problem));
        setState((old) => ({ key, data: old.key === key ? old.data : undefined, error }));
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

  const current = state.key === key;
  return { data: state.data, error: current ? state.error : undefined, busy: !current, reload };
}
