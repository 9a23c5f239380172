/** The cancellations of a payment: the amounts, the refund by purse, and the change of the month's cashback. */
import type { ComponentChildren } from 'preact';
import type { Schemas } from '../../../shared/api/client.ts';
import { language } from '../../../shared/i18n/language.ts';
import { purse } from '../../../shared/i18n/names.ts';
import { dateAndTime } from '../../../shared/time.ts';
import { Won } from '../../../shared/ui/money.tsx';
import { Facts } from '../../../shared/ui/table.tsx';
import type { Correction } from '../city.ts';
import { path } from '../paths.ts';
import { texts } from '../texts.ts';

export function Refunds(props: { payment: Schemas['OnePaymentBody']; corrections: Correction[] }) {
  const t = texts().payment;
  return (
    <section class="card" aria-labelledby="refunds">
      <h2 id="refunds">{t.refunds}</h2>
      {props.payment.cancellations.map((cancellation) => (
        <Refund
          key={cancellation.id}
          cancellation={cancellation}
          paymentId={props.payment.id ?? ''}
          corrections={props.corrections.filter((each) => each.cancellation_id === cancellation.id)}
        />
      ))}
    </section>
  );
}

function Refund(props: { cancellation: Schemas['CancellationBody']; paymentId: string; corrections: Correction[] }) {
  const t = texts().payment;
  const { cancellation, corrections } = props;
  const refunded = sums(corrections.map((each) => each.refunded_to));
  return (
    <article class="refund">
      <h3>{t.refund(cancellation.amount)}</h3>
      <p class="hint">
        {dateAndTime(cancellation.accepted_at, language.value)}
        {cancellation.reason && ` · ${t.refundReason(cancellation.reason)}`}
      </p>
      <Facts
        rows={[
          [t.refundTo, <Won amount={cancellation.refund} class="won-strong" />],
          cancellation.discount > 0 && [t.refundDiscount, <Won amount={cancellation.discount} />],
          ...refunded.map(([id, won]): [string, ComponentChildren] => [t.refundInto(purse(id, language.value)), <Won amount={won} sign class="won-gain" />]),
          corrections.length > 0 && [t.cashbackChange, <Won amount={corrections.reduce((sum, each) => sum + each.cashback, 0)} sign class="won-strong" />],
        ]}
      />
      {corrections.length === 0 ? <p role="status">{t.refundWaiting}</p> : <Corrected corrections={corrections} paymentId={props.paymentId} />}
    </article>
  );
}

function Corrected(props: { corrections: Correction[]; paymentId: string }) {
  const t = texts().payment.correction;
  const { corrections } = props;
  const changed = corrections.reduce((sum, each) => sum + each.cashback, 0);
  const recovered = corrections.reduce((sum, each) => sum + each.recovered, 0);
  const expired = sums(corrections.map((each) => each.expired)).reduce((sum, [, won]) => sum + Math.abs(won), 0);
  const others = [...new Set(corrections.flatMap((each) => each.changes.map((change) => change.payment_id)))].filter((id) => id !== props.paymentId);
  return (
    <>
      <p>{changed === 0 ? t.same : changed < 0 ? t.taken(-changed) : t.given(changed)}</p>
      {recovered > 0 && <p>{t.recovered(recovered)}</p>}
      {expired > 0 && <p>{t.expired(expired)}</p>}
      {others.length > 0 && (
        <>
          <p>{t.others}</p>
          <ul class="plain">
            {others.slice(0, 5).map((id) => (
              <li key={id}>
                <a href={path.payment(id)}>{t.otherPayment}</a>{' '}
                <Won amount={changeOf(corrections, id)} sign />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

/** What cancellations changed in the cashback of one payment, in won. */
export function changeOf(corrections: Correction[], payment: string): number {
  return corrections
    .flatMap((each) => each.changes)
    .filter((change) => change.payment_id === payment)
    .reduce((sum, change) => sum + change.won, 0);
}

function sums(maps: Record<string, number>[]): [string, number][] {
  const found = new Map<string, number>();
  for (const [id, won] of maps.flatMap((map) => Object.entries(map))) found.set(id, (found.get(id) ?? 0) + won);
  return [...found].filter(([, won]) => won !== 0);
}
