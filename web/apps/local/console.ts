/** The answers of the local city's front below `/local/api/`, which only this page may call. */
import { timeTold } from '../../shared/time.ts';
import { Problem } from '../../shared/api/problem.ts';

export type City = {
  time: string;
  shift_seconds: number;
  programme: string;
  api: string;
  endpoint: string;
  functions: string[];
  tables: string[];
  queues: string[];
  buckets: string[];
  schedules: { name: string; expression: string }[];
  opened: { wallet: string; card: string; shop: string; new_shop: string } | null;
  residents: string[];
};
export type Wallet = { id: string; member: string; status: string; purses: Record<string, number> };
export type Entry = {
  key: string;
  kind: string;
  postings: { account: string; amount: number }[];
  stored: Record<string, unknown>;
};
export type Queue = { name: string; waiting: number; messages: { id: string; body: string }[] };
export type Step = { name: string; done: number; total: number | null };
export type Work = {
  number: number;
  kind: string;
  status: 'running' | 'done' | 'failed';
  steps: Step[];
  failure: string;
  result: Record<string, unknown> | null;
};

/** The roles that the city gives tokens for. */
export const ROLES = ['resident', 'merchant', 'operator', 'colleague', 'acquirer', 'bank'] as const;
export type Role = (typeof ROLES)[number];

const TIMEOUT_MS = 60_000;

/** A refusal, with the city's sentence. */
export class Refusal extends Problem {
  constructor(
    status: number,
    readonly sentence: string,
  ) {
    super('api', status);
  }
}

export async function read<T>(what: string): Promise<T> {
  return taken<T>(await fetch(`/local/api/${what}`, { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) }));
}

export async function send<T>(what: string, body: unknown): Promise<T> {
  return taken<T>(
    await fetch(`/local/api/${what}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }),
  );
}

/** The city's current state, with its time. */
export async function readCity(): Promise<City> {
  const city = await read<City>('city');
  timeTold(city.time);
  return city;
}

const tokens = new Map<Role, { token: string; at: number }>();
const TOKEN_MS = 30 * 60_000;

/** A token of a role, stored only in this page's memory. */
export async function tokenOf(role: Role): Promise<string> {
  const known = tokens.get(role);
  if (known && performance.now() - known.at < TOKEN_MS) return known.token;
  const { token } = await send<{ token: string }>('tokens', { role });
  tokens.set(role, { token, at: performance.now() });
  return token;
}

async function taken<T>(answer: Response): Promise<T> {
  const body: unknown = await answer.json().catch(() => null);
  if (answer.ok) return body as T;
  const sentence = (body as { message?: unknown } | null)?.message;
  throw new Refusal(answer.status, typeof sentence === 'string' ? sentence : String(answer.status));
}
