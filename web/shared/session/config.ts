/** What differs between stages, from `/config.json`. */

export type Config = {
  stage: string;
  languages: string[];
  clients: Record<string, string>;
  authorize: string;
  token: string;
  logout: string;
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
