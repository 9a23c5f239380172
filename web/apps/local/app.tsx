/** The frame of the local city's page, and its views. */
import { LocationProvider, Route, Router } from 'preact-iso';
import { useEffect, useState } from 'preact/hooks';
import { common } from '../../shared/i18n/texts.ts';
import { Frame } from '../../shared/ui/frame.tsx';
import { Page } from '../../shared/ui/page.tsx';
import { openApp, wanted } from './open.ts';
import { path, SECTIONS } from './paths.ts';
import { texts } from './texts.ts';
import { ClockView } from './views/clock.tsx';
import { Day } from './views/day.tsx';
import { Journal, Journals } from './views/journal.tsx';
import { Messages } from './views/messages.tsx';
import { Overview } from './views/overview.tsx';
import { Reference } from './views/reference.tsx';

const ICONS = { overview: 'home', reference: 'plan', clock: 'limits', journal: 'history', messages: 'info', day: 'shops' } as const;

export function App() {
  const links = SECTIONS.map((section) => ({ href: path[section](), label: texts().nav[section], icon: ICONS[section] }));
  const [opening, setOpening] = useState(wanted(location.search) !== null);
  useEffect(() => {
    const app = wanted(location.search);
    if (app) void openApp(app).catch(() => setOpening(false));
  }, []);
  return (
    <LocationProvider scope={/^\/(local\/.*)?$/}>
      <Frame app={texts().app} home={path.overview()} links={links}>
        {opening ? (
          <p class="lead" role="status">
            {texts().overview.opening}
          </p>
        ) : (
          <Router>
            <Route path={path.overview()} component={Overview} />
            <Route path={path.reference()} component={Reference} />
            <Route path={path.clock()} component={ClockView} />
            <Route path={path.journal()} component={Journals} />
            <Route path="/local/journal/:wallet" component={Journal} />
            <Route path={path.messages()} component={Messages} />
            <Route path={path.day()} component={Day} />
            <Route default component={NotFound} />
          </Router>
        )}
      </Frame>
    </LocationProvider>
  );
}

function NotFound() {
  const t = common().notFound;
  return (
    <Page title={t.title} app={texts().app} lead={t.text}>
      <a class="button" href={path.overview()}>
        {t.go}
      </a>
    </Page>
  );
}
