// SPDX-License-Identifier: Apache-2.0
//
// A long list, page by page. The server tells where the next page begins; where those before began is remembered here.
import { useState } from 'preact/hooks';
import { Icon } from './icon';

export interface Paging<Mark> {
  after: Mark | undefined;
  page: number;
  forward: (next: Mark) => void;
  back: () => void;
}

/** Begins anew when `of` changes: another filter, another list. */
export function usePaging<Mark>(of: string): Paging<Mark> {
  const [state, setState] = useState<{ of: string; marks: Mark[] }>({ of, marks: [] });
  const marks = state.of === of ? state.marks : [];
  return {
    after: marks[marks.length - 1],
    page: marks.length + 1,
    forward: (next) => setState({ of, marks: [...marks, next] }),
    back: () => setState({ of, marks: marks.slice(0, -1) }),
  };
}

/** `text` is of all there is, where one page has it. */
export function Pages<Mark>({ paging, next, text }: { paging: Paging<Mark>; next: Mark | null; text: string }) {
  if (paging.page === 1 && next === null) return <div class="pages muted">{text}</div>;
  return (
    <nav class="pages" aria-label="Pages">
      <span class="muted">Page {paging.page}</span>
      <div>
        <button type="button" class="button" disabled={paging.page === 1} onClick={paging.back}>
          <Icon name="previous" /> Previous
        </button>
        <button type="button" class="button" disabled={next === null} onClick={() => next !== null && paging.forward(next)}>
          Next <Icon name="next" />
        </button>
      </div>
    </nav>
  );
}
