import { expect, test } from 'vitest';
import type { Schemas } from '../../../shared/api/client.ts';
import { isUndone, takenBy } from '../amounts.ts';
import { earnedBy, type MonthOfCashback } from '../months.ts';

type Progress = Schemas['PaymentProgressBody'];

function payment(status: Progress['status'], more: Partial<Progress> = {}): Progress {
  return { status, amount: 30_000, paid: 27_000, captured: 0, held: 0, released: 0, cancelled: 0, ...more } as Progress;
}

test('a payment takes what was paid, after the discount', () => {
  expect(takenBy(payment('approved', { captured: 30_000 }))).toBe(27_000);
  expect(takenBy(payment('declined'))).toBe(30_000);
});

test('a hold takes what is captured and what is still held, and nothing that came back', () => {
  const expires_at = '2021-01-12T10:00:00+09:00';
  expect(takenBy(payment('partly_captured', { expires_at, captured: 20_000, held: 10_000 }))).toBe(30_000);
  expect(takenBy(payment('captured', { expires_at, captured: 12_000, released: 18_000 }))).toBe(12_000);
  expect(isUndone(payment('captured', { expires_at, captured: 12_000, released: 18_000 }))).toBe(false);
  // What it was about, crossed out.
  expect(takenBy(payment('expired', { expires_at, released: 30_000 }))).toBe(30_000);
  expect(isUndone(payment('expired', { expires_at, released: 30_000 }))).toBe(true);
});

test('cancellations count in what each payment has earned, also those of other payments', () => {
  const month = {
    earnings: [
      { payment_id: 'a', cashback: 1_000 },
      { payment_id: 'a', cashback: 800 },
      { payment_id: 'b', cashback: 500 },
    ],
    corrections: [{ changes: [{ payment_id: 'b', won: -500 }, { payment_id: 'a', won: 90 }] }],
  } as unknown as MonthOfCashback;
  expect([...earnedBy(month)]).toEqual([['a', 1_890], ['b', 0]]);
});
