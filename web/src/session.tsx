// SPDX-License-Identifier: Apache-2.0
//
// Who looks at the page. A server on which nobody has set up access lets everybody look: then there is no session, and
// nothing but looking.
import { type ComponentChildren, createContext } from 'preact';
import { useCallback, useContext, useEffect, useMemo, useState } from 'preact/hooks';
import { ApiError, type Session, api } from './api';
import { go } from './router';

export interface Access {
  /** Undefined while it is not known yet, null: nobody is logged in. */
  session: Session | null | undefined;
  /** The server asked for somebody to log in. */
  locked: boolean;
  /** There was a session, and it has ended. */
  ended: boolean;
  can: (scope: string) => boolean;
  enter: (session: Session) => void;
  leave: () => Promise<void>;
  reload: () => void;
  /** The server has ended all sessions of this person. */
  expire: () => void;
}

const Context = createContext<Access | undefined>(undefined);

const kPlaceKey = 'suture.place';

/** A browser that goes to the single sign-on comes back to the first view: where it was is kept until then. */
export function rememberPlace(): void {
  try {
    sessionStorage.setItem(kPlaceKey, location.hash);
  } catch {
    // Then it begins there.
  }
}

function returnToPlace(): void {
  try {
    const place = sessionStorage.getItem(kPlaceKey);
    sessionStorage.removeItem(kPlaceKey);
    if (place && location.hash === '') location.hash = place;
  } catch {
    // As above.
  }
}

/** The code with which a single sign-on that did not succeed sent the browser back. Told once. */
export const kSignOnFailure = new URLSearchParams(location.search).get('login');
if (kSignOnFailure !== null) history.replaceState(null, '', location.pathname + location.hash);

export function useAccess(): Access {
  const access = useContext(Context);
  if (!access) throw new Error('no session around this');
  return access;
}

export function SessionProvider({ children }: { children: ComponentChildren }) {
  const [session, setSession] = useState<Session | null | undefined>(undefined);
  const [locked, setLocked] = useState(kSignOnFailure !== null);
  const [ended, setEnded] = useState(false);
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    const abort = new AbortController();
    const found = (session: Session) => {
      setSession(session);
      returnToPlace();
    };
    api.session(abort.signal).then(found, (problem: unknown) => {
      if (abort.signal.aborted) return;
      // Whether it is away, too, the views say better.
      if (!(problem instanceof ApiError) || problem.status !== 0) setSession(null);
      else setSession((old) => old ?? null);
    });
    return () => abort.abort();
  }, [turn]);

  useEffect(() => {
    const end = () => {
      setLocked(true);
      setSession((old) => {
        if (old) setEnded(true);
        return null;
      });
    };
    // With --require-totp, whoever has no second factor can do nothing else before.
    const required = () => go(['account']);
    window.addEventListener('sessionended', end);
    window.addEventListener('totprequired', required);
    return () => {
      window.removeEventListener('sessionended', end);
      window.removeEventListener('totprequired', required);
    };
  }, []);

  const enter = useCallback((begun: Session) => {
    setSession(begun);
    setLocked(false);
    setEnded(false);
  }, []);
  const expire = useCallback(() => {
    setSession(null);
    setLocked(true);
    setEnded(false);
  }, []);
  const leave = useCallback(async () => {
    await api.logOut();
    expire();
  }, []);
  const reload = useCallback(() => setTurn((old) => old + 1), []);

  const access = useMemo<Access>(
    () => ({ session, locked, ended, can: (scope) => session?.scopes.includes(scope) ?? false, enter, leave, reload, expire }),
    [session, locked, ended, enter, leave, reload, expire],
  );
  return <Context.Provider value={access}>{children}</Context.Provider>;
}
