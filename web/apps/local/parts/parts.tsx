/** Parts that several views of the page have. */
import { useEffect, useState } from 'preact/hooks';
import type { Problem } from '../../../shared/api/problem.ts';
import { ProblemNote } from '../../../shared/ui/answer.tsx';
import { digits } from '../../../shared/money.ts';
import { Refusal, type Work } from '../console.ts';
import { texts } from '../texts.ts';

const SHOWN_MS = 2_000;

/** Copies the text that `text` returns. */
export function Copy(props: { text: () => string | Promise<string>; label: string; children?: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    await navigator.clipboard.writeText(await props.text());
    setCopied(true);
  };
  return (
    <button type="button" class="button button-quiet button-small" aria-label={copied ? undefined : props.label} onClick={() => void copy()}>
      <span role={copied ? 'status' : undefined}>{copied ? texts().copied : (props.children ?? texts().copy)}</span>
    </button>
  );
}

/** An error, with the city's sentence if there is one. The form beside it sends the request again. */
export function Refused(props: { problem: Problem | null }) {
  if (!props.problem) return null;
  if (!(props.problem instanceof Refusal)) return <ProblemNote problem={props.problem} form />;
  return (
    <div class="note note-danger" role="alert">
      <p>{texts().refused(props.problem.sentence)}</p>
    </div>
  );
}

/** The steps of a piece of work, each with a bar. */
export function Progress(props: { work: Work }) {
  const names = texts().day.steps;
  return (
    <ol class="steps">
      {props.work.steps.map((step) => (
        <li key={step.name}>
          <span id={`step-${step.name}`}>{names[step.name] ?? step.name}</span>
          <span class="steps-count">
            {digits(step.done)}
            {step.total !== null && ` / ${digits(step.total)}`}
          </span>
          <progress aria-labelledby={`step-${step.name}`} max={step.total ?? undefined} value={step.total === null ? undefined : step.done} />
        </li>
      ))}
      {props.work.status === 'failed' && (
        <li class="note note-danger" role="alert">
          {texts().refused(props.work.failure)}
        </li>
      )}
    </ol>
  );
}

/** A description of the API's document: paragraphs, items that begin with a dash, and names in backticks. */
export function Prose(props: { text: string }) {
  const lines = props.text.split('\n').filter((line) => line.trim() !== '');
  const items = lines.filter((line) => /^\s*[-*] /.test(line));
  return (
    <div class="local-prose" lang="en">
      {lines
        .filter((line) => !items.includes(line))
        .map((line) => (
          <p key={line}>{withNames(line)}</p>
        ))}
      {items.length > 0 && (
        <ul>
          {items.map((line) => (
            <li key={line}>{withNames(line.replace(/^\s*[-*] /, ''))}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** A line with its names in backticks set as code. */
export function withNames(line: string) {
  return line.split('`').map((part, number) => (number % 2 === 1 ? <code key={number}>{part}</code> : part));
}
