import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { answer, apiOf, PAUSES_MS } from '../api/client.ts';
import { Problem } from '../api/problem.ts';
import type { Session } from '../session/session.ts';
import { cityMonth } from '../time.ts';
import { chooseLanguage } from '../i18n/language.ts';

type Sent = { method: string; key: string | null; token: string | null; language: string | null };

let sent: Sent[];
let answers: (() => Response | Promise<Response>)[];
let token: string | null;
let renewals: number;

const session = {
  get accessToken() {
    return token;
  },
  renew: () => {
    renewals++;
    token = renewals === 1 ? 'second' : null;
    return Promise.resolve(renewals === 1);
  },
} as unknown as Session;

const json = (status: number, body: unknown, headers: Record<string, string> = {}) => () =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });
const lost = () => Promise.reject(new TypeError('Failed to fetch'));

beforeEach(() => {
  sent = [];
  answers = [];
  token = 'first';
  renewals = 0;
  chooseLanguage('ko');
  // jsdom's page has no address that a relative URL could be joined with.
  const Original = Request;
  vi.stubGlobal('Request', class extends Original {
    constructor(input: RequestInfo | URL, init?: RequestInit) {
      super(typeof input === 'string' ? new URL(input, 'http://city.example') : input, init);
    }
  });
  vi.stubGlobal('fetch', (request: Request) => {
    sent.push({
      method: request.method,
      key: request.headers.get('Idempotency-Key'),
      token: request.headers.get('Authorization'),
      language: request.headers.get('Accept-Language'),
    });
    const next = answers.shift();
    return next ? Promise.resolve(next()) : Promise.reject(new TypeError('nothing more'));
  });
  vi.useFakeTimers({ toFake: ['setTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const read = () => answer(apiOf(session).GET('/policies/in_force'));
const pay = () =>
  answer(
    apiOf(session).POST('/wallets/{wallet_id}/payments', {
      params: { path: { wallet_id: 'w' }, header: { 'Idempotency-Key': 'a-key-of-16-chars' } },
      body: { merchant_id: 'm', amount: 1 },
    }),
  );
const quote = () =>
  answer(
    apiOf(session).POST('/wallets/{wallet_id}/cashback_quotes', { params: { path: { wallet_id: 'w' } }, body: { merchant_id: 'm', amount: 1 } }),
  );

async function settled<T>(asked: Promise<T>): Promise<T | Problem> {
  const result = asked.catch((thrown: unknown) => thrown as Problem);
  for (const pause of PAUSES_MS) await vi.advanceTimersByTimeAsync(pause * 4);
  return result;
}

test('each answer brings the time of the city, and each request the language and the token', async () => {
  answers = [json(200, { version: 'v' }, { 'Eeum-Time': '2021-01-05T10:00:00+09:00' })];
  expect(await settled(read())).toEqual({ version: 'v' });
  expect(cityMonth()).toBe('2021-01');
  expect(sent).toEqual([{ method: 'GET', key: null, token: 'Bearer first', language: 'ko' }]);
});

test('a payment without an answer is sent again with the same key', async () => {
  answers = [lost, json(503, { code: 'busy' }), json(200, { id: 'p' })];
  expect(await settled(pay())).toEqual({ id: 'p' });
  expect(sent.map((each) => each.key)).toEqual(Array(3).fill('a-key-of-16-chars'));
});

test('in the end it is a problem whose outcome is not known', async () => {
  answers = [lost, lost, lost];
  const problem = await settled(pay());
  expect(problem).toMatchObject({ kind: 'offline', outcomeUnknown: true });
  expect(sent).toHaveLength(3);
});

test('what has no key and may have an effect is sent once', async () => {
  answers = [json(500, {})];
  expect(await settled(quote())).toMatchObject({ status: 500 });
  expect(sent).toHaveLength(1);
});

test('an expired token is renewed once, and the request is sent again with its key', async () => {
  answers = [json(401, { message: 'Unauthorized' }), json(200, { id: 'p' })];
  expect(await settled(pay())).toEqual({ id: 'p' });
  expect(sent.map((each) => each.token)).toEqual(['Bearer first', 'Bearer second']);
  expect(new Set(sent.map((each) => each.key)).size).toBe(1);
});

test('a session that has ended is a problem of its own', async () => {
  renewals = 1;
  answers = [json(401, { message: 'Unauthorized' })];
  expect(await settled(read())).toMatchObject({ kind: 'session', status: 401 });
});

test.each([400, 403, 404, 409, 422])('%i is said once', async (status) => {
  answers = [json(status, { code: 'not_found' })];
  expect(await settled(read())).toMatchObject({ kind: 'api', status, outcomeUnknown: false });
  expect(sent).toHaveLength(1);
});

test('429 waits as it is asked to', async () => {
  answers = [json(429, { message: 'Too Many Requests' }, { 'Retry-After': '1' }), json(200, { version: 'v' })];
  expect(await settled(read())).toEqual({ version: 'v' });
});

test('an answer that is no JSON is a problem, and no crash', async () => {
  answers = [() => new Response('<html>', { status: 403, headers: { 'Content-Type': 'text/html' } })];
  expect(await settled(read())).toMatchObject({ status: 403, code: null });
});
