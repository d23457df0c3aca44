// SPDX-License-Identifier: Apache-2.0
//
// All icons, drawn in one stroke width on a grid of 16. They say nothing that the text beside them does not.
const kPaths = {
  fleet: 'M2.500 13V8.500M6.200 13V3M9.800 13V6.500M13.500 13V4.500',
  hosts: 'M2.500 3h11v4h-11zM2.500 9h11v4h-11zM5 5h.01M5 11h.01',
  cves: 'M8 1.800l5.200 2v3.900c0 3.200-2.200 5.400-5.200 6.500-3-1.100-5.200-3.300-5.200-6.500V3.800z',
  rollouts: 'M2 12.500h3v-3h3v-3h3v-3h3',
  events: 'M3 8h2l1.500-4.500 3 9L11 8h2',
  audit: 'M4 2h6l2.500 2.500V14H4zM6.500 7h3.500M6.500 10h3.500',
  people: 'M6 7.500a2.500 2.500 0 100-5 2.500 2.500 0 000 5zM1.500 13.500c0-2.500 2-4 4.500-4s4.500 1.500 4.500 4M11 7.200a2.200 2.200 0 000-4.200M12 9.800c1.600.4 2.700 1.700 2.700 3.700',
  groups: 'M2.500 2.500h4.500v4.500h-4.500zM9 2.500h4.500v4.500h-4.500zM2.500 9h4.500v4.500h-4.500zM9 9h4.500v4.500h-4.500z',
  token: 'M5.500 13a2.700 2.700 0 100-5.400 2.700 2.700 0 000 5.400zM7.500 8.300L13.500 2.500M11 5l2 2',
  account: 'M8 7.500a2.700 2.700 0 100-5.400 2.700 2.700 0 000 5.400zM2.500 14c0-3 2.400-4.500 5.500-4.500s5.500 1.500 5.500 4.500',
  safe: 'M3 8.500l3.300 3.300L13 4.800',
  exposed: 'M8 2.200l6.300 11.300H1.700zM8 6.500v3.200M8 11.600h.01',
  unknown: 'M5.600 6a2.400 2.400 0 114 1.800c-.9.700-1.600 1.100-1.600 2.200M8 12.800h.01',
  pause: 'M5.500 3.500v9M10.500 3.500v9',
  play: 'M5 3l7.500 5L5 13z',
  back: 'M6.500 3.500L2.500 7.500l4 4M2.500 7.500H10a3.500 3.500 0 010 5H8',
  bolt: 'M9 1.800L3.500 9H8l-1 5.200L12.500 7H8z',
  clock: 'M8 14A6 6 0 108 2a6 6 0 000 12zM8 4.700V8l2.300 1.500',
  cross: 'M4 4l8 8M12 4l-8 8',
  dot: 'M8 10a2 2 0 100-4 2 2 0 000 4z',
  menu: 'M2.500 4h11M2.500 8h11M2.500 12h11',
  search: 'M7 11.500a4.500 4.500 0 100-9 4.500 4.500 0 000 9zM10.300 10.300L14 14',
  sun: 'M8 10.800a2.800 2.800 0 100-5.600 2.800 2.800 0 000 5.600zM8 1.500v1.300M8 13.200v1.300M1.500 8h1.300M13.200 8h1.300M3.400 3.400l.9.9M11.700 11.700l.9.9M3.400 12.600l.9-.9M11.700 4.300l.9-.9',
  moon: 'M13.500 9.500A6 6 0 016.500 2.500a6 6 0 107 7z',
  screen: 'M2 3h12v8H2zM6 14h4M8 11v3',
  next: 'M6 3.500L10.500 8 6 12.500',
  previous: 'M10 3.500L5.500 8 10 12.500',
  plus: 'M8 3v10M3 8h10',
  info: 'M8 14A6 6 0 108 2a6 6 0 000 12zM8 7.500v3.500M8 5h.01',
  out: 'M6.500 2.500h-4v11h4M10 5l3 3-3 3M13 8H6',
} as const;

export type IconName = keyof typeof kPaths;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={kPaths[name]} />
    </svg>
  );
}
