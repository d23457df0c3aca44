// SPDX-License-Identifier: Apache-2.0
//
// Dark or light: the system's choice, until a person makes their own. What holds is in `data-theme` of the document.
export type Theme = 'system' | 'light' | 'dark';
const kKey = 'suture.theme';
const system = matchMedia('(prefers-color-scheme: dark)');
/** While there is no storage, a choice holds until the page is left. */
let unstored: Theme = 'system';

export function theme(): Theme {
  let chosen: string | null = unstored;
  try {
    chosen = localStorage.getItem(kKey) ?? unstored;
  } catch {
    // A browser that keeps nothing.
  }
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
}

export function applyTheme(): void {
  const chosen = theme();
  const dark = chosen === 'system' ? system.matches : chosen === 'dark';
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
}

export function setTheme(chosen: Theme): void {
  unstored = chosen;
  try {
    if (chosen === 'system') localStorage.removeItem(kKey);
    else localStorage.setItem(kKey, chosen);
  } catch {
    // As above.
  }
  applyTheme();
  window.dispatchEvent(new Event('themechange'));
}

/** Calls back whenever colours change, by whichever way. What is drawn on a canvas must be drawn again. */
export function onThemeChange(call: () => void): () => void {
  window.addEventListener('themechange', call);
  return () => window.removeEventListener('themechange', call);
}

/** Follows the system as long as the page is open. */
export function followSystem(): void {
  system.addEventListener('change', () => {
    applyTheme();
    window.dispatchEvent(new Event('themechange'));
  });
}
