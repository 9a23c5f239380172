/** The frame of the app: who is signed in, which view is shown, and the notices above every view. */
import { useEffect, useState } from 'preact/hooks';
import { LocationProvider, Route, Router, useLocation } from 'preact-iso';
import { common } from '../../shared/i18n/texts.ts';
import { asProblem, type Problem } from '../../shared/api/problem.ts';
import { Frame } from '../../shared/ui/frame.tsx';
import { Page } from '../../shared/ui/page.tsx';
import { type Places, Waiting, WaysOn } from '../../shared/ui/answer.tsx';
import { session, wallet } from './city.ts';
import { SessionEnded } from './parts/ended.tsx';
import { UpdatePrompt } from './parts/update.tsx';
import { COVERS, path, SECTIONS } from './paths.ts';
import { texts } from './texts.ts';
import { Home } from './views/home.tsx';
import { History } from './views/history.tsx';
import { Limits } from './views/limits.tsx';
import { Me } from './views/me.tsx';
import { Offline } from './views/offline.tsx';
import { ChooseShop, Pay } from './views/pay.tsx';
import { Payment } from './views/payment.tsx';
import { Planner } from './views/planner.tsx';
import { Policy } from './views/policy.tsx';
import { Shop } from './views/shop.tsx';
import { Shops } from './views/shops.tsx';
import { SignIn } from './views/sign-in.tsx';
import { Statement } from './views/statement.tsx';
import { TopUp } from './views/top-up.tsx';

const PLACES: Places = {
  start: path.home(),
  records: path.history(),
  signIn: () => void session.signIn(location.pathname + location.search),
  otherAccount: () => void session.signOut(),
};

export function App() {
  return (
    <LocationProvider scope="/resident/">
      <WaysOn.Provider value={PLACES}>
        <Begun />
      </WaysOn.Provider>
    </LocationProvider>
  );
}

/** Exchanges the sign-in page's code before anything is shown. */
function Begun() {
  const { route, url } = useLocation();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [begun, setBegun] = useState(false);
  useEffect(() => {
    session.begin().then(
      (page) => {
        if (page !== url) route(page, true);
        setBegun(true);
      },
      (thrown: unknown) => {
        setProblem(asProblem(thrown));
        session.state.value = 'out';
        setBegun(true);
      },
    );
  }, []);
  const links = SECTIONS.map((section) => ({ href: path[section](), label: texts().nav[section], icon: section, covers: COVERS[section] ?? [] }));
  return (
    <Frame app={texts().app} home={path.home()} links={session.state.value === 'in' || session.state.value === 'ended' ? links : []}>
      <UpdatePrompt />
      <SessionEnded />
      {begun ? <Views problem={problem} /> : <Waiting lines={4} />}
    </Frame>
  );
}

function Views(props: { problem: Problem | null }) {
  const online = useOnline();
  const { path: here } = useLocation();
  if (!online && (session.state.value === 'out' || wallet.value)) return <Offline />;
  const open = here === path.policy();
  if (session.state.value === 'out' && !open) return <SignIn problem={props.problem} />;
  return (
    <Router>
      <Route path={path.home()} component={Home} />
      <Route path={path.pay()} component={ChooseShop} />
      <Route path="/resident/pay/:id" component={Pay} />
      <Route path={path.shops()} component={Shops} />
      <Route path="/resident/shops/:id" component={Shop} />
      <Route path={path.history()} component={History} />
      <Route path="/resident/payments/:id" component={Payment} />
      <Route path="/resident/statements/:month" component={Statement} />
      <Route path={path.limits()} component={Limits} />
      <Route path={path.planner()} component={Planner} />
      <Route path={path.policy()} component={Policy} />
      <Route path={path.topUp()} component={TopUp} />
      <Route path={path.me()} component={Me} />
      <Route default component={NotFound} />
    </Router>
  );
}

function NotFound() {
  const t = common().notFound;
  return (
    <Page title={t.title} app={texts().app} lead={t.text}>
      <div class="actions">
        <a class="button" href={path.home()}>
          {t.go}
        </a>
      </div>
    </Page>
  );
}

function useOnline(): boolean {
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const look = () => setOnline(navigator.onLine);
    addEventListener('online', look);
    addEventListener('offline', look);
    return () => {
      removeEventListener('online', look);
      removeEventListener('offline', look);
    };
  }, []);
  return online;
}

