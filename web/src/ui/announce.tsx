// SPDX-License-Identifier: Apache-2.0
//
// Short notes of what was just done, seen for a while and read out by screen readers.
import { useEffect, useState } from 'preact/hooks';

export function announce(text: string): void {
  window.dispatchEvent(new CustomEvent('announce', { detail: text }));
}

export function Announcements() {
  const [text, setText] = useState('');
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = (event: Event) => {
      setText(String((event as CustomEvent<string>).detail));
      clearTimeout(timer);
      timer = setTimeout(() => setText(''), 6_000);
    };
    window.addEventListener('announce', show);
    return () => {
      window.removeEventListener('announce', show);
      clearTimeout(timer);
    };
  }, []);
  return (
    <div class="announcements" role="status" aria-live="polite">
      {text && <p>{text}</p>}
    </div>
  );
}
