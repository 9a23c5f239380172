/** Texts in the language of the page. */
import { language } from './language.ts';
import { commonEn } from './common.en.ts';
import { commonKo, type Common } from './common.ko.ts';

export function inBoth<T>(ko: T, en: T): () => T {
  return () => (language.value === 'ko' ? ko : en);
}

export const common: () => Common = inBoth(commonKo, commonEn);

/** What the API gives in both languages; a title that has no English is shown in Korean. */
export function told(text: { ko: string; en?: string | null | undefined }): string {
  return text[language.value] ?? text.ko;
}
