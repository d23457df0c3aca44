// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

/** A part of a view with a heading of its own. */
export function Panel({
  title,
  side,
  flush = false,
  children,
}: {
  title: string;
  side?: ComponentChildren;
  /** Its content reaches the edges, as tables do. */
  flush?: boolean;
  children: ComponentChildren;
}) {
  const label = useId();
  return (
    <section class={`panel ${flush ? 'flush' : ''}`} aria-labelledby={label}>
      <div class="panel-head">
        <h2 id={label}>{title}</h2>
        {side}
      </div>
      <div class="panel-body">{children}</div>
    </section>
  );
}

/** A view's title. Whoever comes to the view by the keyboard or a screen reader begins here. */
export function ViewTitle({
  title,
  above,
  side,
  children,
}: {
  title: string;
  above?: ComponentChildren;
  side?: ComponentChildren;
  children?: ComponentChildren;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Suture`;
  }, [title]);
  useEffect(() => {
    // Not on the first view: a page that was just opened begins at its beginning.
    if (visit.moved) heading.current?.focus({ preventScroll: true });
    visit.moved = true;
  }, []);
  return (
    <div class="view-title">
      <div>
        {above && <p class="above">{above}</p>}
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children && <div class="below">{children}</div>}
      </div>
      {side && <div class="side">{side}</div>}
    </div>
  );
}

const visit = { moved: false };

/** Names and what they are, in pairs. */
export function Facts({ facts }: { facts: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
