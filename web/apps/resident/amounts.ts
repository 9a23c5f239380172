/** The present effect of a payment on the wallet, whatever its status. */
import type { Schemas } from '../../shared/api/client.ts';

type Progress = Schemas['PaymentProgressBody'];

const UNDONE = new Set<Progress['status']>(['declined', 'cancelled', 'voided', 'expired', 'reversed']);

/** Whether nothing of the payment is left: it was declined, or all of it came back. */
export function isUndone(payment: Progress): boolean {
  return UNDONE.has(payment.status);
}

/** Whether the money was promised first, and paid by later captures. */
export function isHold(payment: Progress): boolean {
  return typeof payment.expires_at === 'string';
}

/** The won that left the wallet or are on hold, before any cancellation. For an undone payment: the requested amount. */
export function takenBy(payment: Progress): number {
  if (payment.status === 'declined') return payment.amount;
  return isHold(payment) ? payment.captured + payment.held || payment.amount : (payment.paid ?? payment.amount);
}
