/**
 * Signing in by authorization code with PKCE. Tokens are in this module's memory alone: no storage, no URL and no log has them, and
 * a reload signs in again. What is kept for the way to the sign-in page and back is the verifier, the state and the page to return to.
 */
import { signal } from '@preact/signals';
import { config } from './config.ts';
import { challengeOf, randomText } from './pkce.ts';

export type SessionState = 'starting' | 'out' | 'in' | 'ended';

type Tokens = { access: string; refresh: string | null };
type OnTheWay = { verifier: string; state: string; returnTo: string };
type TokenAnswer = { access_token: string; refresh_token?: string };

const ON_THE_WAY = 'eeum-sign-in';
const TIMEOUT_MS = 15_000;

export class Session {
  readonly state = signal<SessionState>('starting');
  #tokens: Tokens | null = null;
  #renewing: Promise<boolean> | null = null;

  /** `app` is a name in `/config.json`'s `clients`, and the folder that the app is served from. */
  constructor(
    readonly app: string,
    readonly scopes: string[],
  ) {}

  get accessToken(): string | null {
    return this.#tokens?.access ?? null;
  }

  get #redirectUri(): string {
    return `${location.origin}/${this.app}/signed-in`;
  }

  /** Go to the sign-in page. It comes back to `returnTo`, a path of the app. */
  async signIn(returnTo: string): Promise<void> {
    const { clients, authorize, scopes } = await config();
    const onTheWay: OnTheWay = { verifier: randomText(), state: randomText(), returnTo };
    sessionStorage.setItem(ON_THE_WAY, JSON.stringify(onTheWay));
    const url = new URL(authorize, location.origin);
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: clients[this.app] ?? '',
      redirect_uri: this.#redirectUri,
      scope: this.scopes.map((scope) => scopes?.[scope] ?? scope).join(' '),
      state: onTheWay.state,
      code_challenge: await challengeOf(onTheWay.verifier),
      code_challenge_method: 'S256',
    }).toString();
    location.assign(url);
  }

  /**
   * Begin with the page that is open: exchange the code that the sign-in page sent, if it did.
   *
   * Returns the path to show; throws where the token's address cannot be reached.
   */
  async begin(): Promise<string> {
    const here = location.pathname + location.search;
    if (location.pathname !== `/${this.app}/signed-in`) {
      this.state.value = 'out';
      return here;
    }
    const query = new URLSearchParams(location.search);
    const onTheWay = takeOnTheWay();
    const home = `/${this.app}/`;
    // Neither the code nor the state stays in the address or the history.
    history.replaceState(null, '', home);
    if (!onTheWay || query.get('state') !== onTheWay.state || !query.get('code')) {
      this.state.value = 'out';
      return home;
    }
    await this.#exchange({
      grant_type: 'authorization_code',
      code: query.get('code') ?? '',
      code_verifier: onTheWay.verifier,
      redirect_uri: this.#redirectUri,
    });
    this.state.value = this.#tokens ? 'in' : 'out';
    return onTheWay.returnTo.startsWith(home) ? onTheWay.returnTo : home;
  }

  /** Get a new access token with the refresh token, once for all waiting requests. False ends the session. */
  renew(): Promise<boolean> {
    this.#renewing ??= this.#renewed().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #renewed(): Promise<boolean> {
    const refresh = this.#tokens?.refresh;
    if (refresh && (await this.#exchange({ grant_type: 'refresh_token', refresh_token: refresh }))) return true;
    this.#tokens = null;
    if (this.state.value === 'in') this.state.value = 'ended';
    return false;
  }

  async #exchange(form: Record<string, string>): Promise<boolean> {
    const { clients, token } = await config();
    const answer = await fetch(token, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ client_id: clients[this.app] ?? '', ...form }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!answer.ok) return false;
    const given = (await answer.json()) as TokenAnswer;
    this.#tokens = { access: given.access_token, refresh: given.refresh_token ?? this.#tokens?.refresh ?? null };
    return true;
  }

  /** Forget the tokens, and end the sign-in page's own session. */
  async signOut(): Promise<void> {
    this.#tokens = null;
    this.state.value = 'out';
    sessionStorage.clear();
    const { clients, logout, logoutReturn } = await config();
    const home = `${location.origin}/${this.app}/`;
    const url = new URL(logout ?? home, location.origin);
    if (logout) {
      url.search = new URLSearchParams({
        client_id: clients[this.app] ?? '',
        [logoutReturn ?? 'logout_uri']: home,
      }).toString();
    }
    location.assign(url);
  }
}

function takeOnTheWay(): OnTheWay | null {
  const kept = sessionStorage.getItem(ON_THE_WAY);
  sessionStorage.removeItem(ON_THE_WAY);
  try {
    return kept ? (JSON.parse(kept) as OnTheWay) : null;
  } catch {
    return null;
  }
}
