// SPDX-License-Identifier: Apache-2.0
//
// Whether hosts are safe, and how a hole stands on one: words, icons and colours, the same everywhere.
import type { CveStatus, Exposure, ExposureCounts } from '../api';
import { count } from '../numbers';
import { Badge, type Tone } from './badge';
import { Meter } from './bars';
import type { IconName } from './icon';

export const kExposures: Record<Exposure, { text: string; icon: IconName; means: string }> = {
  safe: { text: 'Safe', icon: 'safe', means: 'reported lately, and no known fix is missing' },
  exposed: { text: 'Exposed', icon: 'exposed', means: 'a fix is there and not applied, or none is there yet' },
  unknown: { text: 'Unknown', icon: 'unknown', means: 'silent, cannot be patched, or its kernel is not known' },
};

export function ExposureBadge({ exposure }: { exposure: Exposure }) {
  const { text, icon } = kExposures[exposure];
  return (
    <Badge tone={exposure} icon={icon}>
      {text}
    </Badge>
  );
}

/** A bar of the three, with its numbers for those who cannot tell the colours. */
export function ExposureMeter({ counts, tall = false }: { counts: ExposureCounts; tall?: boolean }) {
  const text = `${count(counts.safe)} safe, ${count(counts.exposed)} exposed, ${count(counts.unknown)} unknown`;
  return (
    <div class="exposure-meter" title={text}>
      <Meter
        tall={tall}
        parts={[
          { tone: 'safe', value: counts.safe },
          { tone: 'exposed', value: counts.exposed },
          { tone: 'unknown', value: counts.unknown },
        ]}
      />
      <span class="unseen">{text}</span>
    </div>
  );
}

export const kCveStatuses: Record<CveStatus, { text: string; tone: Tone; icon: IconName }> = {
  open: { text: 'Open', tone: 'exposed', icon: 'exposed' },
  affected: { text: 'Open, no fix yet', tone: 'exposed', icon: 'exposed' },
  under_investigation: { text: 'Being looked into', tone: 'busy', icon: 'clock' },
  unknown: { text: 'Unknown', tone: 'unknown', icon: 'unknown' },
  closed: { text: 'Closed', tone: 'safe', icon: 'safe' },
  fixed: { text: 'Fixed in its source', tone: 'safe', icon: 'safe' },
  not_affected: { text: 'Not affected', tone: 'plain', icon: 'dot' },
};

export function CveBadge({ status }: { status: CveStatus }) {
  const { text, tone, icon } = kCveStatuses[status];
  return (
    <Badge tone={tone} icon={icon}>
      {text}
    </Badge>
  );
}
