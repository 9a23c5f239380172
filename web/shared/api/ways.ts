/** The way on from each problem: what a person can do about it where they are. */
import type { ProblemCode } from '../i18n/problems.ko.ts';
import type { Problem } from './problem.ts';

/**
 * `again` sends the same request once more, `correct` stays at the form, `sign_in` begins a new session and `other_account` ends this one;
 * `reload` loads the page again, `records` shows what was stored, and `start` is the app's first view.
 */
export type Way = 'again' | 'correct' | 'sign_in' | 'other_account' | 'reload' | 'records' | 'start';

export const WAYS: Record<ProblemCode, Way> = {
  offline: 'again',
  timeout: 'again',
  session: 'sign_in',
  too_many: 'again',
  server: 'again',
  other: 'start',

  invalid_request: 'correct',
  forbidden: 'other_account',
  not_found: 'start',
  programme_not_running: 'start',
  unsupported_media_type: 'reload',
  idempotency_key_reused: 'records',
  busy: 'again',

  payment_declined: 'records',
  payment_voided: 'records',
  nothing_captured: 'records',
  cancellation_exceeds_payment: 'records',
  too_many_cancellations: 'records',
  not_a_hold: 'records',
  hold_closed: 'records',
  hold_expired: 'records',
  capture_exceeds_hold: 'records',
  too_many_items: 'correct',
  bank_reference_used: 'records',

  already_applied: 'records',
  already_decided: 'reload',
  application_changed: 'reload',
  merchant_excluded: 'start',

  policy_instant_taken: 'correct',
  draft_exists: 'correct',
  draft_changed: 'reload',
  draft_closed: 'reload',
  draft_not_checked: 'reload',
  simulation_missing: 'reload',
  approval_by_author: 'start',
  amendment_closed: 'reload',
  amendment_invalid: 'correct',
  amendment_too_late: 'correct',
  policy_invalid: 'correct',
  policy_starts_too_soon: 'correct',
  programme_not_empty: 'start',

  budget_line_taken: 'correct',
  budget_line_applies_too_soon: 'correct',
  fiscal_year_closed: 'correct',
  fiscal_year_not_over: 'start',
};

/** The code whose sentence and way a problem has: its own, or that of its status. */
export function codeOf(problem: Problem): ProblemCode {
  if (problem.kind !== 'api') return problem.kind;
  if (problem.code && Object.hasOwn(WAYS, problem.code)) return problem.code as ProblemCode;
  if (problem.status === 429) return 'too_many';
  if (problem.status === 403) return 'forbidden';
  if (problem.status === 404) return 'not_found';
  return problem.status >= 500 ? 'server' : 'other';
}
