import { expect, test } from 'vitest';
import { asTyped, digits, LARGEST_AMOUNT, percent, typedWon, won } from '../money.ts';

test('won are whole, grouped, and below zero with a minus sign', () => {
  expect(won(1, 'ko')).toBe('1원');
  expect(won(9_999_999_999, 'ko')).toBe('9,999,999,999원');
  expect(won(12_000, 'en')).toBe('12,000 won');
  expect(digits(-1_200)).toBe('\u22121,200');
});

test('rates are basis points', () => {
  expect([1000, 100, 325, 5, 0].map(percent)).toEqual(['10%', '1%', '3.25%', '0.05%', '0%']);
});

test.each([
  ['12,000', { amount: 12_000 }],
  [' 12 000원 ', { amount: 12_000 }],
  ['1 won', { amount: 1 }],
  ['', { fault: 'empty' }],
  ['0', { fault: 'too_small' }],
  ['-5', { fault: 'not_whole' }],
  ['12.5', { fault: 'not_whole' }],
  ['만원', { fault: 'not_whole' }],
  ['1e5', { fault: 'not_whole' }],
  [String(LARGEST_AMOUNT), { amount: LARGEST_AMOUNT }],
  [String(LARGEST_AMOUNT + 1), { fault: 'too_large' }],
  ['9'.repeat(400), { fault: 'too_large' }],
])('%s is understood as typed', (text, expected) => {
  expect(typedWon(text)).toEqual(expected);
});

test('what is typed gets separators, and what is no number stays', () => {
  expect(asTyped('1234567')).toBe('1,234,567');
  expect(asTyped('12x')).toBe('12x');
});
