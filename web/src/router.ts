// SPDX-License-Identifier: Apache-2.0
//
// Where we are, in the part of the address behind the `#`: "#/hosts?state=applied". The server needs to know one path
// only, and every view can be linked to.
import { useEffect, useState } from 'preact/hooks';

export interface Place {
  /** "/hosts/00112233" as ["hosts", "00112233"]. */
  path: string[];
  query: Record<string, string>;
}

export function parsePlace(hash: string): Place {
  const text = hash.replace(/^#/, '');
  const mark = text.indexOf('?');
  const path = (mark < 0 ? text : text.slice(0, mark)).split('/').filter((part) => part !== '');
  const query: Record<string, string> = {};
  if (mark >= 0) for (const [key, value] of new URLSearchParams(text.slice(mark + 1))) query[key] = value;
  return { path: path.map(decoded), query };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** A link: empty parameters are left out. */
export function link(path: string[], query: Record<string, string | undefined> = {}): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value) parameters.set(key, value);
  const text = parameters.toString();
  return `#/${path.map(encodeURIComponent).join('/')}${text && `?${text}`}`;
}

export function go(path: string[], query: Record<string, string | undefined> = {}): void {
  location.hash = link(path, query);
}

/** The same view with other parameters; no step of its own in the history. */
export function adjust(query: Record<string, string | undefined>): void {
  const here = parsePlace(location.hash);
  history.replaceState(null, '', link(here.path, { ...here.query, ...query }));
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}

export function usePlace(): Place {
  const [place, setPlace] = useState(() => parsePlace(location.hash));
  useEffect(() => {
    const moved = () => setPlace(parsePlace(location.hash));
    window.addEventListener('hashchange', moved);
    return () => window.removeEventListener('hashchange', moved);
  }, []);
  return place;
}
