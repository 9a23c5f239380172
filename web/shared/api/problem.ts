/** A request that has no answer, or an answer that is an error. */

export type ProblemKind = 'offline' | 'timeout' | 'session' | 'api';

export type FieldFault = { path: string; code: string; message: string };

export class Problem extends Error {
  constructor(
    readonly kind: ProblemKind,
    readonly status = 0,
    readonly code: string | null = null,
    readonly faults: FieldFault[] = [],
  ) {
    super(code ?? `${kind} ${status}`);
  }

  /** Whether the request may still have been carried out: ask again with the same key. */
  get outcomeUnknown(): boolean {
    return this.kind === 'offline' || this.kind === 'timeout' || this.status >= 500 || this.status === 429;
  }

  /** Whether the same request may succeed later. */
  get mayPass(): boolean {
    return this.outcomeUnknown;
  }
}

/** The problem that an answer's body states, in the API's own form or the gateway's. */
export function problemOf(status: number, body: unknown): Problem {
  const stated = (typeof body === 'object' && body !== null ? body : {}) as { code?: unknown; errors?: unknown };
  const code = typeof stated.code === 'string' ? stated.code : null;
  return new Problem(status === 401 ? 'session' : 'api', status, code, Array.isArray(stated.errors) ? stated.errors : []);
}

/** The problem for anything that was thrown during a request. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  const name = thrown instanceof DOMException ? thrown.name : '';
  return new Problem(name === 'TimeoutError' ? 'timeout' : 'offline');
}
