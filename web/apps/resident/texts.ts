import { inBoth } from '../../shared/i18n/texts.ts';
import { en } from './texts.en.ts';
import { ko, type Texts } from './texts.ko.ts';

/** Texts of the resident's app, in the language of the page. */
export const texts: () => Texts = inBoth(ko, en);
