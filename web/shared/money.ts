/** Whole won, and rates in basis points, as people read and type them. */
import type { Language } from './i18n/language.ts';

const MINUS = '\u2212';
const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** The largest amount of one payment that the API accepts. */
export const LARGEST_AMOUNT = 1_000_000_000_000;

/** 12000 as 12,000원 or 12,000 won. */
export function won(amount: number, language: Language): string {
  return digits(amount) + (language === 'ko' ? '원' : ' won');
}

/** 12000 as 12,000; below zero with a minus sign. */
export function digits(amount: number): string {
  return (amount < 0 ? MINUS : '') + grouped.format(Math.abs(amount));
}

/** 1000 basis points as 10%, 325 as 3.25%. */
export function percent(basisPoints: number): string {
  return `${Number((basisPoints / 100).toFixed(2))}%`;
}

export type Typed = { amount: number } | { fault: 'empty' | 'not_whole' | 'too_small' | 'too_large' };

/** The won that a person typed; separators, spaces and a trailing 원 are fine, decimals and signs are not. */
export function typedWon(text: string): Typed {
  const bare = text.replace(/[\s,]/g, '').replace(/(원|won)$/i, '');
  if (bare === '') return { fault: 'empty' };
  if (!/^\d+$/.test(bare)) return { fault: 'not_whole' };
  const amount = Number(bare);
  if (amount < 1) return { fault: 'too_small' };
  return amount > LARGEST_AMOUNT ? { fault: 'too_large' } : { amount };
}

/** The typed text with separators, for the field to show; text that is not a number stays unchanged. */
export function asTyped(text: string): string {
  const typed = typedWon(text);
  return 'amount' in typed ? digits(typed.amount) : text;
}
