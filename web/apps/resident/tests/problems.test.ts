import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ComponentChild, h, render } from 'preact';
import { expect, test } from 'vitest';
import { Problem, problemOf } from '../../../shared/api/problem.ts';
import { WAYS } from '../../../shared/api/ways.ts';
import { commonKo } from '../../../shared/i18n/common.ko.ts';
import { chooseLanguage } from '../../../shared/i18n/language.ts';
import { problemsEn } from '../../../shared/i18n/problems.en.ts';
import { problemsKo } from '../../../shared/i18n/problems.ko.ts';
import { ProblemNote } from '../../../shared/ui/answer.tsx';
import { Declined } from '../parts/quote.tsx';
import { ko } from '../texts.ko.ts';
import { en } from '../texts.en.ts';

const problemsOf = { ko: problemsKo, en: problemsEn };

type Operation = { responses: Record<string, { $ref?: string; description?: string }> };
type Document = {
  paths: Record<string, Record<string, Operation>>;
  components: { responses: Record<string, { description: string }> };
};

const ROOT = resolve(import.meta.dirname, '../../../..');
const described = JSON.parse(readFileSync(resolve(ROOT, 'docs/openapi.json'), 'utf8')) as Document;

/** What the app asks for. */
const USED: [string, string][] = [
  ['post', '/wallets'],
  ['get', '/wallets/{wallet_id}'],
  ['get', '/wallets/{wallet_id}/balances'],
  ['get', '/wallets/{wallet_id}/cashback'],
  ['post', '/wallets/{wallet_id}/cashback_quotes'],
  ['get', '/wallets/{wallet_id}/payments'],
  ['post', '/wallets/{wallet_id}/payments'],
  ['get', '/wallets/{wallet_id}/payments/{payment_id}'],
  ['get', '/wallets/{wallet_id}/statements/{month}'],
  ['get', '/merchants'],
  ['get', '/merchants/{merchant_id}'],
  ['get', '/policies/in_force'],
  ['get', '/policies/coming'],
  ['get', '/policies/{version}'],
  ['get', '/policies/{version}/explanation'],
];

function codesOf(method: string, path: string): string[] {
  const operation = described.paths[path]?.[method];
  if (!operation) throw new Error(`${method} ${path} is not in the document`);
  return Object.entries(operation.responses)
    .filter(([status]) => Number(status) >= 400)
    .flatMap(([, response]) => {
      const name = response.$ref?.split('/').at(-1) ?? '';
      const text = response.description ?? described.components.responses[name]?.description ?? '';
      return [...text.matchAll(/^- `(\w+)`/gm)].map(([, code]) => code ?? '');
    });
}

test.each(USED)('every error of %s %s has a sentence', (method, path) => {
  const codes = codesOf(method, path);
  expect(codes.length).toBeGreaterThan(0);
  for (const code of codes) expect(commonKo.problems, code).toHaveProperty(code);
});

test.each(['ko', 'en'] as const)('each problem of docs/errors.md has a sentence and a way on in %s', (language) => {
  chooseLanguage(language);
  const codes = [...section('## Problems').matchAll(/^\| `(\w+)` \| (\d{3}) \|/gm)].map(([, code = '', status]) => ({ code, status: Number(status) }));
  expect(codes.length).toBeGreaterThan(30);
  for (const { code, status } of codes) {
    expect(Object.keys(problemsOf[language]), `${code} has no sentence`).toContain(code);
    expect(Object.keys(WAYS), `${code} has no way on`).toContain(code);
    const shown = noteOf(new Problem('api', status, code));
    expect(shown.textContent, code).toContain(problemsOf[language][code as keyof typeof WAYS]);
    expect(shown.querySelectorAll('button, a[href]').length, `${code} leads nowhere`).toBeGreaterThan(0);
  }
});

test.each(['ko', 'en'] as const)('an answer without a code has a sentence and a way on in %s', (language) => {
  chooseLanguage(language);
  const problems = [400, 401, 403, 404, 409, 415, 422, 429, 500, 502, 503, 504].map((status) => problemOf(status, { message: 'No' }));
  const unanswered = (['offline', 'timeout'] as const).map((kind) => new Problem(kind));
  for (const problem of [...problems, ...unanswered, new Problem('api', 409, 'of_a_later_release'), new Problem('api', 409, 'toString')]) {
    const shown = noteOf(problem);
    expect(shown.querySelector('p')?.textContent, problem.message).toMatch(language === 'ko' ? /다\.$|오\.$/ : /^[A-Z].*\.$/);
    expect(shown.querySelectorAll('button, a[href]').length, problem.message).toBeGreaterThan(0);
  }
});

test('no sentence is left in the other language', () => {
  for (const [code, sentence] of Object.entries(problemsOf.ko)) expect(sentence, code).toMatch(/^[가-힣].*[가-힣]\.$/);
  for (const [code, sentence] of Object.entries(problemsOf.en)) expect(sentence, code).toMatch(/^[\x20-\x7e]+\.$/);
});

test('a problem that may pass is asked again, and one of the session begins another', () => {
  chooseLanguage('en');
  let asked = 0;
  const buttonOf = (problem: Problem) => noteOf(problem, () => asked++).querySelector('button');
  buttonOf(new Problem('api', 503, 'busy'))?.click();
  expect(asked).toBe(1);
  buttonOf(new Problem('api', 404, 'not_found'))?.click();
  expect(asked).toBe(1);
  expect(buttonOf(new Problem('session', 401))?.textContent).toBe('Sign in again');
  expect(buttonOf(new Problem('api', 403, 'forbidden'))?.textContent).toBe('Use another account');
});

test('every decline has a sentence in both languages and a way on', () => {
  const reasons = [...section('### Payments and quotes').matchAll(/^\| \d\d \| `(\w+)`/gm)].map(([, reason]) => reason ?? '');
  expect(reasons.length).toBeGreaterThan(5);
  for (const reason of reasons) {
    expect(Object.keys(ko.declines), reason).toContain(reason);
    expect(Object.keys(en.declines), reason).toContain(reason);
    const shown = drawn(h(Declined, { reason }));
    expect(shown.querySelectorAll('a[href]').length, `${reason} leads nowhere`).toBeGreaterThan(0);
  }
});

/** The text below a heading, up to the next heading. */
function section(heading: string): string {
  const page = readFileSync(resolve(ROOT, 'docs/errors.md'), 'utf8');
  return page.split(`${heading}\n`)[1]?.split(/^##/m)[0] ?? '';
}

/** A problem as a view shows it that can ask again. */
function noteOf(problem: Problem, again = () => {}): HTMLElement {
  return drawn(h(ProblemNote, { problem, again }));
}

function drawn(node: ComponentChild): HTMLElement {
  const root = document.createElement('div');
  render(node, root);
  return root;
}
