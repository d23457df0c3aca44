// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon';

export type Tone = 'safe' | 'exposed' | 'unknown' | 'busy' | 'plain';

/** A state in a word, with an icon of its own: colour alone tells nobody anything. */
export function Badge({ tone, icon, children }: { tone: Tone; icon: IconName; children: ComponentChildren }) {
  return (
    <span class={`badge ${tone}`}>
      <Icon name={icon} size={13} />
      {children}
    </span>
  );
}
