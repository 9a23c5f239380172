/** The end of a list that comes page by page: a button for the next page, or what went wrong. */
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Pages } from '../api/paging.ts';
import { common } from '../i18n/texts.ts';
import { ProblemNote } from './answer.tsx';

/** `list` has the rows, each with a link `a.row`. The first row of a page that was asked for takes the focus, so that the keyboard goes on there. */
export function More<T>(props: { pages: Pages<T>; list: RefObject<HTMLElement | null> }) {
  const { entries, more, problem, busy, next } = props.pages;
  const shown = useRef<number | null>(null);
  useEffect(() => {
    if (shown.current === null) return;
    const row = props.list.current?.querySelectorAll<HTMLElement>('a.row')[shown.current];
    row?.focus({ preventScroll: true });
    shown.current = null;
  }, [entries?.length]);
  if (problem) return <ProblemNote problem={problem} again={next} />;
  if (!more) return null;
  const ask = () => {
    shown.current = entries?.length ?? null;
    next();
  };
  return (
    <button type="button" class="button button-quiet button-wide" disabled={busy} onClick={ask}>
      {common().more}
    </button>
  );
}
