/** Opening an app as a person: the page signs in for it, by the pool's own page, and the app goes on from the code. */
import { Session } from '../../shared/session/session.ts';

/** What the front reads at the next request for a code: whom to sign in without asking. */
const AS = 'local-sign-in-as';
const SECONDS = 60;
const SCOPES: Record<string, string[]> = { resident: ['openid', 'eeum/wallet'] };

export type Wanted = { app: string; person: string };

/** The app and person of `?open=…&as=…`; null where there is none, or the app is unknown. */
export function wanted(search: string): Wanted | null {
  const query = new URLSearchParams(search);
  const [app, person] = [query.get('open'), query.get('as')];
  return app && person && app in SCOPES && /^[\w-]+$/.test(person) ? { app, person } : null;
}

export async function openApp({ app, person }: Wanted): Promise<void> {
  // Going back must not open the app again.
  history.replaceState(null, '', '/');
  document.cookie = `${AS}=${person}; Path=/oauth2; Max-Age=${SECONDS}; SameSite=Strict`;
  await new Session(app, SCOPES[app] ?? []).signIn(`/${app}/`);
}
