import type { Common } from './common.ko.ts';
import { digits } from '../money.ts';
import { problemsEn } from './problems.en.ts';

export const commonEn: Common = {
  skip: 'Skip to the content',
  mainMenu: 'Main menu',
  language: { label: 'Language', ko: '한국어', en: 'English' },
  contrast: { more: 'High contrast', normal: 'Normal contrast' },
  waiting: 'Loading.',
  again: 'Try again',
  back: 'Back',
  close: 'Close',
  cancel: 'Cancel',
  more: 'Show more',
  loadedAll: (count) => (count === 1 ? 'That is the only one.' : `All ${digits(count)} are shown.`),
  all: 'All',
  date: { year: 'Year', month: 'Month', day: 'Day' },
  table: { total: 'Total' },
  errorSummary: 'Please check what you entered.',
  update: { text: 'There is a new version. What you typed stays.', now: 'Update now', later: 'Later' },
  ended: {
    title: 'Your session has ended',
    text: 'Please sign in again, for your safety. What you typed stays.',
    go: 'Sign in again',
  },
  notFound: { title: 'There is no such page', text: 'The address has changed or is mistyped.', go: 'Back to the start' },
  problems: problemsEn,
  /** Where the ways on from a problem lead. */
  ways: { start: 'Back to the start', records: 'See the history', sign_in: 'Sign in again', other_account: 'Use another account', reload: 'Reload' },
  amountFaults: {
    empty: 'Enter an amount.',
    not_whole: 'Enter the amount in whole won, as in 12,000.',
    too_small: 'The amount is at least 1 won.',
    too_large: 'The amount is too large.',
  },
  of: (name) => name,
};
