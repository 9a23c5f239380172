/** Opens an app as a person: this page signs in by the pool's own page, and the app continues with the code. */
import { Session } from '../../shared/session/session.ts';

/** The person that the front signs in without asking, at the next request for a code. */
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
