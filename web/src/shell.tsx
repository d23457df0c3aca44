// SPDX-License-Identifier: Apache-2.0
//
// The frame around every view: where one can go, who one is, dark or light.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import icon from '../icon.svg';
import { type Place, link } from './router';
import { useAccess } from './session';
import { type Theme, setTheme, theme } from './theme';
import { Icon, type IconName } from './ui/icon';

interface Goal {
  path: string[];
  text: string;
  icon: IconName;
  /** Who may not is not led there. Nothing: whoever may look at the fleet. */
  scope?: string;
}

const kFleet: Goal[] = [
  { path: [], text: 'Fleet', icon: 'fleet' },
  { path: ['hosts'], text: 'Hosts', icon: 'hosts' },
  { path: ['groups'], text: 'Groups', icon: 'groups' },
  { path: ['cves'], text: 'CVEs', icon: 'cves' },
  { path: ['rollouts'], text: 'Rollouts', icon: 'rollouts' },
  { path: ['events'], text: 'Events', icon: 'events' },
];
const kAdmin: Goal[] = [
  { path: ['users'], text: 'People', icon: 'people', scope: 'users:manage' },
  { path: ['tokens'], text: 'API tokens', icon: 'token', scope: 'tokens:manage' },
  { path: ['audit'], text: 'Audit log', icon: 'audit', scope: 'audit:read' },
];

function Goals({ goals, here, onGo }: { goals: Goal[]; here: string | undefined; onGo: () => void }) {
  return (
    <ul>
      {goals.map((goal) => (
        <li key={goal.text}>
          <a href={link(goal.path)} aria-current={goal.path[0] === here ? 'page' : undefined} onClick={onGo}>
            <Icon name={goal.icon} />
            {goal.text}
          </a>
        </li>
      ))}
    </ul>
  );
}

export function Shell({ place, children }: { place: Place; children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const here = place.path[0];
  useEffect(() => window.scrollTo(0, 0), [place.path.join('/')]);
  const skip = (event: Event) => {
    event.preventDefault();
    main.current?.focus();
  };
  const close = () => setOpen(false);
  const access = useAccess();
  const admin = kAdmin.filter((goal) => goal.scope && access.can(goal.scope));
  return (
    <div class="shell">
      <header class="bar" onKeyDown={(event) => event.key === 'Escape' && close()}>
        <a class="skip" href="#main" onClick={skip}>
          Skip to the content
        </a>
        <div class="bar-head">
          <a class="brand" href={link([])} onClick={close}>
            <img src={icon} alt="" /> Suture
          </a>
          <button type="button" class="button quiet bar-menu" aria-expanded={open} aria-controls="bar-rest" onClick={() => setOpen(!open)}>
            <Icon name={open ? 'cross' : 'menu'} /> Menu
          </button>
        </div>
        <div class={`bar-rest ${open ? 'open' : ''}`} id="bar-rest">
          <nav aria-label="Main">
            <Goals goals={kFleet} here={here} onGo={close} />
            {admin.length > 0 && <p class="group">Administration</p>}
            <Goals goals={admin} here={here} onGo={close} />
          </nav>
          <div class="bar-foot">
            <Who onGo={close} />
            <ThemeChoice />
          </div>
        </div>
      </header>
      <main ref={main} id="main" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

const kThemes: [Theme, string, IconName][] = [
  ['system', 'As the system', 'screen'],
  ['light', 'Light', 'sun'],
  ['dark', 'Dark', 'moon'],
];

function ThemeChoice() {
  const [chosen, setChosen] = useState(theme);
  return (
    <fieldset class="theme">
      <legend class="unseen">Colours</legend>
      {kThemes.map(([value, text, name]) => (
        <label key={value} title={text}>
          <input
            type="radio"
            name="theme"
            checked={chosen === value}
            onChange={() => {
              setTheme(value);
              setChosen(value);
            }}
          />
          <Icon name={name} />
          <span class="unseen">{text}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Who({ onGo }: { onGo: () => void }) {
  const { session, leave } = useAccess();
  if (!session) {
    return (
      <a class="button" href={link(['login'])}>
        Log in
      </a>
    );
  }
  return (
    <div class="who">
      <div>
        <a href={link(['account'])} onClick={onGo}>
          {session.user}
        </a>
        <br />
        <span class="muted">{session.role}</span>
      </div>
      <button type="button" class="button quiet" title="Log out" onClick={() => void leave()}>
        <Icon name="out" />
        <span class="unseen">Log out</span>
      </button>
    </div>
  );
}
