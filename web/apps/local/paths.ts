/** Addresses of the page's views. The first is at `/`, where only the local city has a page. */

export const SECTIONS = ['overview', 'reference', 'clock', 'journal', 'messages', 'day'] as const;

export const path = {
  overview: () => '/',
  reference: () => '/local/reference',
  clock: () => '/local/clock',
  journal: () => '/local/journal',
  journalOf: (wallet: string) => `/local/journal/${encodeURIComponent(wallet)}`,
  messages: () => '/local/messages',
  day: () => '/local/day',
  /** Opens an app as a person, by one click: the page signs in and continues to the app. */
  openAs: (app: string, person: string) => `/?open=${encodeURIComponent(app)}&as=${encodeURIComponent(person)}`,
};
