import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { Problem } from '../../../shared/api/problem.ts';
import { commonKo } from '../../../shared/i18n/common.ko.ts';
import { chooseLanguage } from '../../../shared/i18n/language.ts';
import { sentenceOf } from '../../../shared/ui/answer.tsx';
import { ko } from '../texts.ko.ts';
import { en } from '../texts.en.ts';

type Operation = { responses: Record<string, { $ref?: string; description?: string }> };
type Document = {
  paths: Record<string, Record<string, Operation>>;
  components: { responses: Record<string, { description: string }> };
};

const ROOT = resolve(import.meta.dirname, '../../../..');
const document = JSON.parse(readFileSync(resolve(ROOT, 'docs/openapi.json'), 'utf8')) as Document;

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
  const operation = document.paths[path]?.[method];
  if (!operation) throw new Error(`${method} ${path} is not in the document`);
  return Object.entries(operation.responses)
    .filter(([status]) => Number(status) >= 400)
    .flatMap(([, response]) => {
      const name = response.$ref?.split('/').at(-1) ?? '';
      const text = response.description ?? document.components.responses[name]?.description ?? '';
      return [...text.matchAll(/^- `(\w+)`/gm)].map(([, code]) => code ?? '');
    });
}

test.each(USED)('every error of %s %s has a sentence', (method, path) => {
  const codes = codesOf(method, path);
  expect(codes.length).toBeGreaterThan(0);
  for (const code of codes) expect(commonKo.problems, code).toHaveProperty(code);
});

test('no error is left without a sentence in either language', () => {
  const problems = [400, 403, 404, 409, 415, 422, 429, 500, 502, 503, 504].map((status) => new Problem('api', status));
  const kinds = (['offline', 'timeout', 'session'] as const).map((kind) => new Problem(kind));
  for (const language of ['ko', 'en'] as const) {
    chooseLanguage(language);
    for (const problem of [...problems, ...kinds]) expect(sentenceOf(problem)).toMatch(/[.다]$/);
  }
});

test('every decline of a payment has a sentence in both languages', () => {
  const page = readFileSync(resolve(ROOT, 'docs/errors.md'), 'utf8');
  const table = page.split('### Payments and quotes')[1]?.split('###')[0] ?? '';
  const reasons = [...table.matchAll(/^\| \d\d \| `(\w+)`/gm)].map(([, reason]) => reason ?? '');
  expect(reasons.length).toBeGreaterThan(5);
  for (const reason of reasons) {
    expect(ko.declines, reason).toHaveProperty(reason);
    expect(en.declines, reason).toHaveProperty(reason);
  }
});
