/** Addresses of the app's views. */

const ROOT = '/resident';

export const SECTIONS = ['home', 'pay', 'shops', 'history', 'me'] as const;

/** The views behind each item of the menu. */
export const COVERS: Partial<Record<(typeof SECTIONS)[number], string[]>> = {
  history: [`${ROOT}/payments`, `${ROOT}/statements`],
  me: [`${ROOT}/limits`, `${ROOT}/planner`, `${ROOT}/policy`, `${ROOT}/top-up`],
};

export const path = {
  home: () => `${ROOT}/`,
  pay: () => `${ROOT}/pay`,
  payAt: (shop: string) => `${ROOT}/pay/${encodeURIComponent(shop)}`,
  shops: () => `${ROOT}/shops`,
  shop: (shop: string) => `${ROOT}/shops/${encodeURIComponent(shop)}`,
  history: () => `${ROOT}/history`,
  historyOf: (month: string) => `${ROOT}/history?month=${month}`,
  payment: (payment: string) => `${ROOT}/payments/${encodeURIComponent(payment)}`,
  statement: (month: string) => `${ROOT}/statements/${month}`,
  limits: () => `${ROOT}/limits`,
  planner: () => `${ROOT}/planner`,
  policy: () => `${ROOT}/policy`,
  topUp: () => `${ROOT}/top-up`,
  me: () => `${ROOT}/me`,
};
