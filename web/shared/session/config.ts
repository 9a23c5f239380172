/** What differs between stages, from `/config.json`. */

export type Config = {
  stage: string;
  languages: string[];
  clients: Record<string, string>;
  authorize: string;
  token: string;
  /** Null where the identity provider has no page to sign out on. */
  logout: string | null;
  /** The parameter that says where to return after signing out; `logout_uri`, as Cognito has it, if not given. */
  logoutReturn?: string;
  /** The identity provider's names of the scopes, where it has its own. */
  scopes?: Record<string, string>;
  /** `false` takes service workers away from browsers that have one. */
  worker?: boolean;
};

let asked: Promise<Config> | null = null;

/** Read once; a failure is forgotten, so that the next call reads again. */
export function config(): Promise<Config> {
  asked ??= read().catch((failure: unknown) => {
    asked = null;
    throw failure;
  });
  return asked;
}

async function read(): Promise<Config> {
  const answer = await fetch('/config.json', { cache: 'no-cache', signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`/config.json: ${answer.status}`);
  return (await answer.json()) as Config;
}
