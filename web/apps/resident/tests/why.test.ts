import { beforeEach, expect, test } from 'vitest';
import { chooseLanguage } from '../../../shared/i18n/language.ts';
import type { Earning, PolicyText } from '../city.ts';
import { sentence } from '../parts/why.tsx';

const policy = { layers: [{ id: 'base', title: { ko: '기본 캐시백', en: 'Base cashback' } }, { id: 'gift', title: { ko: '축하금', en: 'Gift' } }] } as unknown as PolicyText;

function earning(base: number, rewards: [layer: string, won: number, bands: [rate: number, base: number][]][]): Earning {
  return {
    base,
    cashback: rewards.reduce((sum, [, won]) => sum + won, 0),
    rewards: rewards.map(([layer, won, bands]) => ({
      layer,
      won,
      bands: bands.map(([rate_basis_points, base]) => ({ from: 0, up_to: null, rate_basis_points, base })),
      funders: {},
      into: 'cashback',
    })),
    cut: [],
  } as unknown as Earning;
}

beforeEach(() => chooseLanguage('ko'));

test('one band', () => {
  expect(sentence(earning(12_000, [['base', 1_200, [[1000, 12_000]]]]), policy)).toBe(
    '12,000원이 적립 대상이고, 기본 캐시백 10%가 적용되어 모두 1,200원을 받았습니다.',
  );
});

test('two bands and a fixed reward', () => {
  const found = earning(60_000, [
    ['base', 5_100, [[1000, 50_000], [100, 10_000]]],
    ['gift', 500, []],
  ]);
  expect(sentence(found, policy)).toBe(
    '60,000원이 적립 대상이고, 기본 캐시백 10%(50,000원)·1%(10,000원), 축하금이 적용되어 모두 5,600원을 받았습니다.',
  );
  chooseLanguage('en');
  expect(sentence(found, policy)).toBe(
    '60,000 won of this payment earns cashback: Base cashback at 10% (on 50,000 won) and 1% (on 10,000 won) and Gift. You got 5,600 won.',
  );
});

test('nothing, and why', () => {
  expect(sentence(earning(0, []), policy)).toContain('적립 대상액이 0원');
  expect(sentence(earning(5_000, []), policy)).toContain('한도');
});
