/**
 * One payment from the amount to its outcome. The key is made once for the intention and kept, with what was sent, until the outcome is
 * known: whatever happens in between, the same request is sent again and has one effect.
 */
import { answer, newKey, type Schemas } from '../../shared/api/client.ts';
import { asProblem, type Problem } from '../../shared/api/problem.ts';
import { dropDraft, draftOf, keepDraft } from '../../shared/session/draft.ts';
import { api, walletId } from './city.ts';

export type PaymentAnswer = Schemas['PaymentBody'];

/** What the form has. `sent` is the amount of a request whose outcome is not known. */
export type PayDraft = { shop: string; typed: string; key: string; sent: number | null };

export type Outcome = { paid: PaymentAnswer } | { unknown: Problem } | { refused: Problem };

const DRAFT = 'payment';

export function draftAt(shop: string): PayDraft {
  const draft = draftOf<PayDraft>(DRAFT);
  return draft?.shop === shop ? draft : { shop, typed: '', key: newKey(), sent: null };
}

/** The payment that was sent and whose outcome is not known, at whichever shop. */
export function unfinished(): PayDraft | null {
  const draft = draftOf<PayDraft>(DRAFT);
  return draft?.sent ? draft : null;
}

export function keep(draft: PayDraft): void {
  // What was sent is never lost to something that is only typed.
  const other = unfinished();
  if (other && other.key !== draft.key) return;
  keepDraft(DRAFT, draft);
}

/** Send it, or send it again; the draft stays until the outcome is known. */
export async function pay(draft: PayDraft, amount: number): Promise<Outcome> {
  keepDraft(DRAFT, { ...draft, sent: amount });
  try {
    const paid = await answer(
      api.POST('/wallets/{wallet_id}/payments', {
        params: { path: { wallet_id: await walletId() }, header: { 'Idempotency-Key': draft.key } },
        body: { merchant_id: draft.shop, amount, channel: 'shop' },
      }),
    );
    dropDraft(DRAFT);
    return { paid };
  } catch (thrown) {
    const problem = asProblem(thrown);
    // Refused before it was judged: nothing was stored, and the form stays as it is.
    if (problem.kind === 'api' && !problem.outcomeUnknown) {
      keepDraft(DRAFT, { ...draft, key: newKey(), sent: null });
      return { refused: problem };
    }
    return { unknown: problem };
  }
}
