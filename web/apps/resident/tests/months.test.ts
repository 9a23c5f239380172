import { beforeEach, expect, test } from 'vitest';
import { timeTold } from '../../../shared/time.ts';
import type { PolicyText, Wallet } from '../city.ts';
import { usageOf, windowName, type Limit } from '../months.ts';

const title = { ko: '기본', en: 'Base' };
const spend: Limit = { id: 'monthly-spend', measure: 'spend', window: 'month', amount: 1_000_000 };

function policy(limits: Limit[], layers: object[] = []): PolicyText {
  return { limits, layers, wallet: { minimum_top_up: 1, holding_limit: 1, holding_limit_verified: 1 } } as unknown as PolicyText;
}

const walletWith = (used: Record<string, number>, taken: Record<string, number> = {}) => ({ used, taken }) as unknown as Wallet;

beforeEach(() => timeTold('2021-01-20T10:00:00+09:00'));

test('bands are used from the first on', () => {
  const bands = [
    { from: 0, up_to: 500_000, rate_basis_points: 1000 },
    { from: 500_000, up_to: null, rate_basis_points: 100 },
  ];
  const document = policy([spend], [{ id: 'base', title, bands, limits: ['monthly-spend'] }]);
  const [found] = usageOf(document, walletWith({ 'monthly-spend@2021-01': 620_000, 'monthly-spend@2020-12': 9 }));
  expect(found).toMatchObject({ used: 620_000, amount: 1_000_000 });
  expect(found?.layers[0]?.bands).toEqual([
    { from: 0, upTo: 500_000, rate: 1000, used: 500_000 },
    { from: 500_000, upTo: 1_000_000, rate: 100, used: 120_000 },
  ]);
});

test('limits of discounts and top-ups are used by commands', () => {
  const coupons: Limit = { ...spend, id: 'coupons', measure: 'reward' };
  const document = policy([coupons], [{ id: 'off', title, gives: 'discount', limits: ['coupons'] }]);
  expect(usageOf(document, walletWith({ 'coupons@2021-01': 1 }, { 'coupons@2021-01': 5 }))[0]?.used).toBe(5);
});

test('what is carried over is added, and what is over or not yet open is not shown', () => {
  const carried: Limit = { ...spend, carries_over_from: '2020-01-01T00:00:00+09:00' };
  expect(usageOf(policy([carried]), walletWith({ 'monthly-spend@2020-12': 400_000 }))[0]?.amount).toBe(1_600_000);
  const event: Limit = { ...spend, window: 'event', from: '2021-02-01T00:00:00+09:00', until: '2021-03-01T00:00:00+09:00' };
  expect(usageOf(policy([event]), walletWith({}))).toEqual([]);
});

test.each([
  ['month', '2021-01-15T23:59:59+09:00', '2021-01'],
  ['half_month', '2021-01-15T23:59:59+09:00', '2021-01-1'],
  ['half_month', '2021-01-16T00:00:00+09:00', '2021-01-2'],
  ['year', '2020-12-31T15:00:00Z', '2021'],
  ['event', '2021-01-16T00:00:00+09:00', 'until-2021-03'],
] as const)('a window of a %s at %s is %s', (window, at, name) => {
  expect(windowName({ ...spend, window, until: '2021-03-10T00:00:00+09:00' }, new Date(at))).toBe(name);
});
