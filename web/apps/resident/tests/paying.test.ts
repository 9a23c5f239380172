import { beforeEach, expect, test, vi } from 'vitest';
import { Problem } from '../../../shared/api/problem.ts';
import { api, wallet, type Wallet } from '../city.ts';
import { draftAt, keep, pay, unfinished } from '../paying.ts';

const post = vi.spyOn(api, 'POST');

function answers(status: number, body: unknown): void {
  post.mockResolvedValueOnce({
    ...(status < 400 ? { data: body } : { error: body }),
    response: new Response(null, { status }),
  } as never);
}

const keySent = (call: number) => (post.mock.calls[call]?.[1] as unknown as { params: { header: { 'Idempotency-Key': string } } }).params.header['Idempotency-Key'];

beforeEach(() => {
  sessionStorage.clear();
  post.mockReset();
  wallet.value = { body: { id: 'w' } as Wallet, at: null };
});

test('a payment that was answered leaves no draft', async () => {
  answers(200, { id: 'p', status: 'approved' });
  expect(await pay(draftAt('shop'), 1000)).toMatchObject({ paid: { id: 'p' } });
  expect([unfinished(), sessionStorage.length]).toEqual([null, 0]);
});

test.each([503, 500, 429])('after %i the same payment is sent with the same key, also from a page that was loaded again', async (status) => {
  answers(status, { code: 'busy' });
  const draft = draftAt('shop');
  expect(await pay({ ...draft, typed: '1,000' }, 1000)).toMatchObject({ unknown: { status } });
  const after = draftAt('shop');
  expect(after).toMatchObject({ key: draft.key, sent: 1000, typed: '1,000' });
  answers(200, { id: 'p', status: 'approved' });
  await pay(after, 1000);
  expect(keySent(1)).toBe(keySent(0));
});

test('a lost answer and a session that ended leave the outcome unknown', async () => {
  for (const problem of [new TypeError('Failed to fetch'), new DOMException('', 'TimeoutError')]) {
    post.mockRejectedValueOnce(problem);
    expect(await pay(draftAt('shop'), 1000)).toHaveProperty('unknown');
  }
  answers(401, { message: 'Unauthorized' });
  expect(await pay(draftAt('shop'), 1000)).toMatchObject({ unknown: { kind: 'session' } });
  expect(unfinished()?.sent).toBe(1000);
});

test('a request that was refused stores nothing: the next is another intention', async () => {
  answers(400, { code: 'invalid_request' });
  const draft = draftAt('shop');
  expect(await pay(draft, 1000)).toMatchObject({ refused: new Problem('api', 400, 'invalid_request') });
  expect(unfinished()).toBeNull();
  expect(draftAt('shop').key).not.toBe(draft.key);
});

test('what was sent at one shop is not lost to what is typed at another', async () => {
  post.mockRejectedValueOnce(new TypeError('Failed to fetch'));
  await pay(draftAt('first'), 1000);
  keep({ ...draftAt('second'), typed: '5' });
  expect(unfinished()?.shop).toBe('first');
});

test('two tabs have two keys: each is an intention of its own', () => {
  const first = draftAt('shop');
  sessionStorage.clear();
  expect(draftAt('shop').key).not.toBe(first.key);
});
