// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'preact/hooks';
import { local, relative, utc } from '../time';

/** One clock for all times on the screen. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 15_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** "3 hr. ago" and, on hover and for machines, the time itself. `exact`: by the reader's clock instead. */
export function Time({ at, exact = false, never = 'never' }: { at: string | null; exact?: boolean; never?: string }) {
  const now = useNow();
  if (!at) return <span class="muted">{never}</span>;
  return (
    <time dateTime={at} title={`${local(at)} here, ${utc(at)}`}>
      {exact ? local(at) : relative(at, now)}
    </time>
  );
}
