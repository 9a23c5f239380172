/** What is shown while the page waits for the API, and when the API did not answer. */
import { type ComponentChildren, createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { Answer } from '../api/asking.ts';
import type { Problem } from '../api/problem.ts';
import { codeOf, type Way, WAYS } from '../api/ways.ts';
import { common } from '../i18n/texts.ts';

/** Where an app's ways on from a problem lead: two addresses, and what begins and ends its session. */
export type Places = { start: string; records: string; signIn: () => void; otherAccount: () => void };
export const WaysOn = createContext<Places>({ start: '/', records: '/', signIn: () => location.assign('/'), otherAccount: () => location.assign('/') });

/** One sentence for a problem, in the language of the page. */
export function sentenceOf(problem: Problem): string {
  return common().problems[codeOf(problem)];
}

/**
 * A problem with the next step: a retry where that may help, and what `children` offer; else the step that belongs to its code.
 * Where a `form` is visible, the reader corrects it and sends it again, and no link is needed.
 */
export function ProblemNote(props: { problem: Problem; again?: () => void; form?: boolean; children?: ComponentChildren }) {
  const way = WAYS[codeOf(props.problem)];
  const again = way === 'again' ? props.again : undefined;
  const needless = again || (props.form && (way === 'again' || way === 'correct'));
  return (
    <div class="note note-danger" role="alert">
      <p>{sentenceOf(props.problem)}</p>
      <div class="actions">
        {again && <Act name={common().again} act={again} />}
        {props.children || (!needless && <WayOn way={way} />)}
      </div>
    </div>
  );
}

function WayOn(props: { way: Way }) {
  const places = useContext(WaysOn);
  const names = common().ways;
  switch (props.way) {
    case 'sign_in':
      return <Act name={names.sign_in} act={places.signIn} />;
    case 'other_account':
      return <Act name={names.other_account} act={places.otherAccount} />;
    case 'reload':
      return <Act name={names.reload} act={() => location.reload()} />;
    case 'records':
      return <Go name={names.records} to={places.records} />;
    default:
      return <Go name={names.start} to={places.start} />;
  }
}

function Go(props: { name: string; to: string }) {
  return (
    <a class="button button-quiet" href={props.to}>
      {props.name}
    </a>
  );
}

function Act(props: { name: string; act: () => void }) {
  return (
    <button type="button" class="button button-quiet" onClick={props.act}>
      {props.name}
    </button>
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
