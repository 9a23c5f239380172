import { expect, test } from 'vitest';
import { particleAfter, withParticle } from '../i18n/particle.ts';

test.each([
  ['송림 다방', '을/를', '을'],
  ['신포 국수', '을/를', '를'],
  ['12,000원', '이/가', '이'],
  ['기본 캐시백', '은/는', '은'],
  ['서울', '으로/로', '로'],
  ['캐시', '으로/로', '로'],
  ['충전금', '으로/로', '으로'],
  // Digits by how they are read: 영, 일, 이, 삼, 사, 오, 육, 칠, 팔, 구.
  ...['0', '1', '3', '6', '7', '8'].map((digit) => [`편의점 ${digit}`, '은/는', '은'] as const),
  ...['2', '4', '5', '9'].map((digit) => [`편의점 ${digit}`, '은/는', '는'] as const),
  ['카페 7', '으로/로', '로'],
  ['카페 3', '으로/로', '으로'],
  ['10%', '이/가', '가'],
  ['10%(50,000원)', '이/가', '가'],
  ['GS', '을/를', '를'],
  ['H.L', '을/를', '을'],
  ['빵집(본점)', '은/는', '은'],
  ['다방 (2호)', '은/는', '은'],
] as const)('%s takes %s as %s', (word, particle, expected) => {
  expect(particleAfter(word, particle)).toBe(expected);
});

test('the word stays as it is', () => {
  expect(withParticle('빵집(본점)', '을/를')).toBe('빵집(본점)을');
});
