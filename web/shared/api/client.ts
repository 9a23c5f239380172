/** The API, typed by its own document, with sign-in, time-outs, repeats and the city's time. */
import createClient, { type Client } from 'openapi-fetch';
import { language } from '../i18n/language.ts';
import type { Session } from '../session/session.ts';
import { timeTold } from '../time.ts';
import { asProblem, Problem, problemOf } from './problem.ts';
import type { components, paths } from './schema.ts';

export type Schemas = components['schemas'];
export type Api = Client<paths>;

const TIMEOUT_MS = 12_000;
/** How long to wait before each repeat. */
export const PAUSES_MS = [400, 1500];
const LONGEST_PAUSE_MS = 5_000;
const PASSING = new Set([429, 500, 502, 503, 504]);

export function apiOf(session: Session): Api {
  return createClient<paths>({
    baseUrl: '/api',
    // `limit` is no more than the pages ask for; the answer's type is checked when the app is built.
    fetch: (request) => sent(request, session),
  });
}

/** A new idempotency key for one intention; repeated requests for the same intention keep it. */
export function newKey(): string {
  return crypto.randomUUID();
}

/** The body of a success, or a `Problem`. */
export async function answer<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let given: { data?: T; error?: unknown; response: Response };
  try {
    given = await asked;
  } catch (thrown) {
    throw asProblem(thrown);
  }
  if (given.response.ok && given.data !== undefined) return given.data;
  throw problemOf(given.response.status, given.error);
}

async function sent(request: Request, session: Session): Promise<Response> {
  const repeatable = request.method === 'GET' || request.headers.has('Idempotency-Key');
  let renewed = false;
  for (let attempt = 0; ; attempt++) {
    const pause = repeatable ? PAUSES_MS[attempt] : undefined;
    let given: Response;
    try {
      given = await fetch(prepared(request, session));
    } catch (failure) {
      if (pause === undefined) throw failure;
      await waited(pause);
      continue;
    }
    timeTold(given.headers.get('Eeum-Time'));
    if (given.status === 401 && session.accessToken && !renewed) {
      renewed = true;
      if (await session.renew()) continue;
    }
    if (pause === undefined || !PASSING.has(given.status)) return given;
    await waited(pauseOf(given, pause));
  }
}

function prepared(request: Request, session: Session): Request {
  const copy = request.clone();
  const headers = new Headers(copy.headers);
  headers.set('Accept-Language', language.value);
  if (session.accessToken) headers.set('Authorization', `Bearer ${session.accessToken}`);
  return new Request(copy, { headers, cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) });
}

/** As `Retry-After` asks, within reason. */
function pauseOf(given: Response, otherwise: number): number {
  const seconds = Number(given.headers.get('Retry-After'));
  return seconds > 0 ? Math.min(seconds * 1000, LONGEST_PAUSE_MS) : otherwise;
}

function waited(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export { Problem };
