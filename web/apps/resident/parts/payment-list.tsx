/** Payments as rows that open their details. */
import type { Schemas } from '../../../shared/api/client.ts';
import { language } from '../../../shared/i18n/language.ts';
import { dayOf, longDate, shortDateAndTime, time } from '../../../shared/time.ts';
import { Icon } from '../../../shared/ui/icons.tsx';
import { Won } from '../../../shared/ui/money.tsx';
import { isUndone, takenBy } from '../amounts.ts';
import { path } from '../paths.ts';
import { texts } from '../texts.ts';

export type Paid = Schemas['PaymentProgressBody'];

/** Statuses in which a payment is simply paid, which needs no mark. */
const ORDINARY = new Set(['approved', 'captured']);

/** `earned` is by payment, in won, where the month's cashback is known. */
export function PaymentList(props: { payments: Paid[]; earned: Map<string, number>; byDay?: boolean }) {
  const days = new Map<string, Paid[]>();
  for (const payment of props.payments) {
    const day = payment.accepted_at ? dayOf(payment.accepted_at) : '';
    const already = days.get(day);
    if (already) already.push(payment);
    else days.set(day, [payment]);
  }
  if (!props.byDay) return <Rows {...props} dated />;
  return (
    <>
      {[...days].map(([day, payments]) => (
        <section key={day} class="day">
          <h2 class="day-title">{day && longDate(`${day}T12:00:00+09:00`, language.value)}</h2>
          <Rows payments={payments} earned={props.earned} />
        </section>
      ))}
    </>
  );
}

function Rows(props: { payments: Paid[]; earned: Map<string, number>; dated?: boolean }) {
  return (
    <ul class="rows">
      {props.payments.map((payment) => (
        <li key={payment.id}>
          <Row payment={payment} earned={payment.id ? props.earned.get(payment.id) : undefined} dated={props.dated ?? false} />
        </li>
      ))}
    </ul>
  );
}

function Row(props: { payment: Paid; earned: number | undefined; dated: boolean }) {
  const { payment } = props;
  const t = texts();
  const at = payment.accepted_at;
  const gone = isUndone(payment);
  const cancelled = gone ? 0 : payment.cancelled;
  return (
    <a class="row" href={path.payment(payment.id ?? '')}>
      <span class="row-main">
        <span class="row-title">
          <ShopName id={payment.merchant_id} name={payment.merchant_name} />
        </span>
        <span class="row-text">
          {at && (props.dated ? shortDateAndTime(at, language.value) : time(at))}
          {!ORDINARY.has(payment.status) && <span class={`tag tag-${payment.status}`}>{t.payment.statuses[payment.status]}</span>}
        </span>
      </span>
      <span class="row-side">
        <Won amount={gone ? takenBy(payment) : -takenBy(payment)} class={gone ? 'won-gone' : 'won-strong'} />
        {cancelled > 0 && <span class="row-text">{t.history.cancelled(cancelled)}</span>}
        {props.earned ? <span class="row-gain">{t.history.earned(props.earned)}</span> : null}
      </span>
      <Icon name="right" />
    </a>
  );
}

/** The shop's name; its id if it was not approved, since members may not read its name then. */
export function ShopName(props: { id: string; name: string | null | undefined }) {
  return props.name ? <>{props.name}</> : <span class="id">{props.id}</span>;
}
