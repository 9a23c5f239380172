/** High contrast: chosen and kept in this browser, else as the system prefers. */
import { effect, signal } from '@preact/signals';
import { keep, kept } from '../i18n/language.ts';

const KEPT = 'eeum-contrast';

export const contrast = signal<'more' | 'normal'>(first());

effect(() => {
  document.documentElement.dataset.contrast = contrast.value;
});

export function toggleContrast(): void {
  contrast.value = contrast.value === 'more' ? 'normal' : 'more';
  keep(KEPT, contrast.value);
}

function first(): 'more' | 'normal' {
  const chosen = kept(KEPT);
  if (chosen === 'more' || chosen === 'normal') return chosen;
  return globalThis.matchMedia?.('(prefers-contrast: more)').matches ? 'more' : 'normal';
}
