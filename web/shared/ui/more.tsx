/** The end of a list that comes page by page: a button for the next page, or what went wrong. */
import type { Pages } from '../api/paging.ts';
import { common } from '../i18n/texts.ts';
import { ProblemNote } from './answer.tsx';

export function More<T>(props: { pages: Pages<T> }) {
  const { more, problem, busy, next } = props.pages;
  if (problem) return <ProblemNote problem={problem} again={next} />;
  if (!more) return null;
  return (
    <button type="button" class="button button-quiet button-wide" disabled={busy} onClick={next}>
      {common().more}
    </button>
  );
}
