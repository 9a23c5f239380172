/** What is shown while the page waits for the API, and when the API did not answer. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Answer } from '../api/asking.ts';
import type { Problem } from '../api/problem.ts';
import { common } from '../i18n/texts.ts';

/** One sentence for a problem, in the language of the page. */
export function sentenceOf(problem: Problem): string {
  const texts = common().problems;
  if (problem.kind !== 'api') return texts[problem.kind];
  if (problem.code && problem.code in texts) return texts[problem.code as keyof typeof texts];
  if (problem.status === 429) return texts.too_many;
  if (problem.status === 403) return texts.forbidden;
  if (problem.status === 404) return texts.not_found;
  return problem.status >= 500 ? texts.server : texts.other;
}

/** A problem with the next step: a retry where that may help, else what `children` offer. */
export function ProblemNote(props: { problem: Problem; again?: () => void; children?: ComponentChildren }) {
  return (
    <div class="note note-danger" role="alert">
      <p>{sentenceOf(props.problem)}</p>
      <div class="actions">
        {props.again && (
          <button type="button" class="button button-quiet" onClick={props.again}>
            {common().again}
          </button>
        )}
        {props.children}
      </div>
    </div>
  );
}

/** The answer when it is there; lines that wait for it, or the problem, until then. */
export function Answered<T>(props: { answer: Answer<T>; lines?: number; children: (value: T) => ComponentChildren; otherwise?: ComponentChildren }) {
  const { value, problem, waiting, again } = props.answer;
  if (problem && value === null) {
    return (
      <ProblemNote problem={problem} again={again}>
        {props.otherwise}
      </ProblemNote>
    );
  }
  if (value === null) return waiting ? <Waiting lines={props.lines ?? 3} /> : null;
  return <>{props.children(value)}</>;
}

const PATIENCE_MS = 300;

/** Grey lines. Screen readers announce them in words, and only after a moment. */
export function Waiting(props: { lines: number }) {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="waiting">
      <p class="visually-hidden" role="status">
        {slow ? common().waiting : ''}
      </p>
      {Array.from({ length: props.lines }, (_, line) => (
        <span key={line} class="waiting-line" aria-hidden="true" />
      ))}
    </div>
  );
}
