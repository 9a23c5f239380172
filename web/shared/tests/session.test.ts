import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const COGNITO = {
  stage: 'dev',
  languages: ['ko', 'en'],
  clients: { resident: 'r1' },
  authorize: 'https://pool.example/oauth2/authorize',
  token: 'https://pool.example/oauth2/token',
  logout: 'https://pool.example/logout',
};
const OWN = {
  ...COGNITO,
  authorize: 'https://login.example/authorize',
  token: 'https://login.example/token',
  logout: 'https://login.example/logout',
  logoutReturn: 'post_logout_redirect_uri',
  scopes: { 'eeum/wallet': 'pay.use', 'eeum/merchant': 'pay.shop' },
};

let visited: URL[];

beforeEach(() => {
  visited = [];
  vi.resetModules();
  vi.stubGlobal('location', {
    origin: 'https://city.example',
    pathname: '/resident/',
    search: '',
    assign: (url: URL) => visited.push(url),
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

async function sessionWith(configured: unknown) {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(configured))));
  const { Session } = await import('../session/session.ts');
  return new Session('resident', ['openid', 'eeum/wallet']);
}

test('the residents’ pool is asked for its own scopes', async () => {
  const session = await sessionWith(COGNITO);
  await session.signIn('/resident/');

  expect(visited[0]?.origin + visited[0]!.pathname).toBe(COGNITO.authorize);
  expect(visited[0]?.searchParams.get('scope')).toBe('openid eeum/wallet');
});

test('a provider of the city’s own is asked for what it calls the scopes', async () => {
  const session = await sessionWith(OWN);
  await session.signIn('/resident/');

  expect(visited[0]?.origin + visited[0]!.pathname).toBe(OWN.authorize);
  expect(visited[0]?.searchParams.get('scope')).toBe('openid pay.use');
  expect(visited[0]?.searchParams.get('code_challenge_method')).toBe('S256');
});

test.each([
  [COGNITO, 'logout_uri'],
  [OWN, 'post_logout_redirect_uri'],
])('signing out returns to the app', async (configured, parameter) => {
  const session = await sessionWith(configured);
  await session.signOut();

  expect(visited[0]?.origin + visited[0]!.pathname).toBe(configured.logout);
  expect([...visited[0]!.searchParams.keys()]).toEqual(['client_id', parameter]);
  expect(visited[0]?.searchParams.get(parameter)).toBe('https://city.example/resident/');
});

test('without a page to sign out on, the app begins again', async () => {
  const session = await sessionWith({ ...OWN, logout: null });
  await session.signOut();

  expect(visited.map(String)).toEqual(['https://city.example/resident/']);
});
