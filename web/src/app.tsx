// SPDX-License-Identifier: Apache-2.0
//
// From where we are to the view that shows it, within the frame that stays.
import { Announcements } from './ui/announce';
import { Empty } from './ui/notice';
import { ViewTitle } from './ui/panel';
import { type Place, link, usePlace } from './router';
import { Shell } from './shell';
import { SessionProvider, useAccess } from './session';
import { AccountView } from './views/account';
import { AuditView } from './views/audit';
import { CveView } from './views/cve';
import { CvesView } from './views/cves';
import { EventsView } from './views/events';
import { FleetView } from './views/fleet';
import { GroupsView } from './views/groups';
import { HostView } from './views/host';
import { HostsView } from './views/hosts';
import { LoginView } from './views/login';
import { RolloutView } from './views/rollout';
import { RolloutsView } from './views/rollouts';
import { TokensView } from './views/tokens';
import { UsersView } from './views/users';

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
    case 'rollouts':
      return id === undefined ? <RolloutsView /> : <RolloutView id={id} />;
    case 'events':
      return <EventsView query={place.query} />;
    case 'users':
      return <UsersView />;
    case 'tokens':
      return <TokensView />;
    case 'account':
      return <AccountView />;
    case 'audit':
      return <AuditView />;
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

function Content() {
  const access = useAccess();
  const place = usePlace();
  if (access.session === undefined) return null;
  const wantsLogin = place.path[0] === 'login' || place.path[0] === 'account';
  if (access.session === null && (access.locked || wantsLogin)) return <LoginView />;
  // Whoever has logged in on the way to a view is there now.
  const there: Place = place.path[0] === 'login' ? { path: [], query: {} } : place;
  return (
    <Shell place={there}>
      <View key={there.path.join('/')} place={there} />
    </Shell>
  );
}

export function App() {
  return (
    <SessionProvider>
      <Content />
      <Announcements />
    </SessionProvider>
  );
}
