/** A list that the API returns page by page: each page is added to those before it. */
import { useEffect, useState } from 'preact/hooks';
import { asProblem, type Problem } from './problem.ts';

export type Pages<T> = {
  /** All entries so far; null until the first page is there. */
  entries: T[] | null;
  /** Whether there is a further page. */
  more: boolean;
  problem: Problem | null;
  busy: boolean;
  /** Ask for the next page, or again for the one that failed. */
  next: () => void;
};

/** Ask for the first page at once. `ask` gets the cursor of the page before, null for the first. */
export function usePages<T>(ask: (cursor: string | null) => Promise<{ entries: T[]; cursor: string | null }>): Pages<T> {
  const [found, setFound] = useState<{ entries: T[]; cursor: string | null } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const read = async (cursor: string | null) => {
    setBusy(true);
    setProblem(null);
    try {
      const page = await ask(cursor);
      setFound((before) => ({ entries: [...(cursor ? (before?.entries ?? []) : []), ...page.entries], cursor: page.cursor }));
    } catch (thrown) {
      setProblem(asProblem(thrown));
    }
    setBusy(false);
  };
  useEffect(() => void read(null), []);
  const cursor = found?.cursor ?? null;
  return { entries: found?.entries ?? null, more: cursor !== null, problem, busy, next: () => void read(cursor) };
}
