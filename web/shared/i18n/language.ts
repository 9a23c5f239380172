/** The language of the page: chosen, kept in this browser, else the browser's own, else Korean. */
import { effect, signal } from '@preact/signals';

export type Language = 'ko' | 'en';

const KEPT = 'eeum-language';

export const language = signal<Language>(first());

effect(() => {
  document.documentElement.lang = language.value;
});

export function chooseLanguage(chosen: Language): void {
  language.value = chosen;
  keep(KEPT, chosen);
}

function first(): Language {
  const known = kept(KEPT) ?? navigator.languages?.find((each) => /^(ko|en)\b/.test(each))?.slice(0, 2);
  return known === 'en' ? 'en' : 'ko';
}

/** What is kept in this browser under a name; nothing where storage is refused. */
export function kept(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser that refuses storage forgets the choice with the page.
  }
}
