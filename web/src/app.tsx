// SPDX-License-Identifier: Apache-2.0
//
// From where we are to the view that shows it, within the frame that stays.
import { Announcements } from './ui/announce';
import { Empty } from './ui/notice';
import { ViewTitle } from './ui/panel';
import { type Place, link, usePlace } from './router';
import { Shell } from './shell';
import { CveView } from './views/cve';
import { CvesView } from './views/cves';
import { EventsView } from './views/events';
import { FleetView } from './views/fleet';
import { GroupsView } from './views/groups';
import { HostView } from './views/host';
import { HostsView } from './views/hosts';

function View({ place }: { place: Place }) {
  const [kind, id] = place.path;
  switch (kind) {
    case undefined:
      return <FleetView />;
    case 'hosts':
      return id === undefined ? <HostsView query={place.query} /> : <HostView id={id} />;
    case 'groups':
      return <GroupsView />;
    case 'cves':
      return id === undefined ? <CvesView query={place.query} /> : <CveView id={id} query={place.query} />;
    case 'events':
      return <EventsView query={place.query} />;
    default:
      return <Nowhere />;
  }
}

function Nowhere() {
  return (
    <>
      <ViewTitle title="Nothing is here" />
      <Empty title="This link leads nowhere">
        <a href={link([])}>Go to the fleet at a glance</a>
      </Empty>
    </>
  );
}

export function App() {
  const place = usePlace();
  return (
    <>
      <Shell place={place}>
        <View key={place.path.join('/')} place={place} />
      </Shell>
      <Announcements />
    </>
  );
}
