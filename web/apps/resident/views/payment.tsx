import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { useAnswer, type Answer } from '../../../shared/api/asking.ts';
import { answer, type Schemas } from '../../../shared/api/client.ts';
import { language } from '../../../shared/i18n/language.ts';
import { purse } from '../../../shared/i18n/names.ts';
import { dateAndTime, monthOf } from '../../../shared/time.ts';
import { Answered, Waiting } from '../../../shared/ui/answer.tsx';
import { Icon } from '../../../shared/ui/icons.tsx';
import { BigWon, Won } from '../../../shared/ui/money.tsx';
import { Page } from '../../../shared/ui/page.tsx';
import { Facts } from '../../../shared/ui/table.tsx';
import { api, walletId, type Correction, type Earning } from '../city.ts';
import { isHold, isUndone, takenBy } from '../amounts.ts';
import { cashbackOf } from '../months.ts';
import { HoldProgress } from '../parts/hold.tsx';
import { Declined } from '../parts/quote.tsx';
import { changeOf, Refunds } from '../parts/refunds.tsx';
import { ShopName } from '../parts/payment-list.tsx';
import { Why } from '../parts/why.tsx';
import { path } from '../paths.ts';
import { texts } from '../texts.ts';

type OnePayment = Schemas['OnePaymentBody'];

/** One payment: what was paid, why it earned what it earned, and what came back. After paying it is the receipt. */
export function Payment(props: { id: string }) {
  const t = texts().payment;
  const { query } = useLocation();
  const receipt = 'receipt' in query;
  const payment = useAnswer(
    async () => answer(api.GET('/wallets/{wallet_id}/payments/{payment_id}', { params: { path: { wallet_id: await walletId(), payment_id: props.id } } })),
    [props.id],
  );
  return (
    <Page title={receipt ? t.receipt : t.title} app={texts().app}>
      <Answered
        answer={payment}
        lines={5}
        otherwise={
          <a class="button" href={path.history()}>
            {texts().history.title}
          </a>
        }
      >
        {(body) => <Details payment={body} receipt={receipt} />}
      </Answered>
    </Page>
  );
}

function Details(props: { payment: OnePayment; receipt: boolean }) {
  const t = texts().payment;
  const { payment } = props;
  return (
    <>
      {payment.status === 'declined' ? (
        <>
          <Summary payment={payment} receipt={false} />
          {payment.decline && <Declined reason={payment.decline.reason} />}
          <FactsOf payment={payment} />
        </>
      ) : (
        <Paid payment={payment} receipt={props.receipt} />
      )}
      <div class="actions no-print">
        <a class="button button-quiet" href={path.payAt(payment.merchant_id)}>
          {t.again}
        </a>
        <button type="button" class="button button-plain" onClick={() => print()}>
          {t.print}
        </button>
      </div>
    </>
  );
}

/** On a desk: what was paid and earned beside what came back and the details. */
function Paid(props: { payment: OnePayment; receipt: boolean }) {
  const { payment } = props;
  const effects = useEffects(payment);
  const found = effects.found.value;
  return (
    <div class="columns">
      <div class="column">
        <Summary {...props} />
        {isHold(payment) && <HoldProgress payment={payment} />}
        {effects.expected && <Cashback id={payment.id ?? ''} effects={effects} />}
      </div>
      <div class="column">
        {found && payment.cancellations.length > 0 && <Refunds payment={payment} corrections={found.corrections} />}
        <FactsOf payment={payment} />
      </div>
    </div>
  );
}

function Summary(props: { payment: OnePayment; receipt: boolean }) {
  const t = texts().payment;
  const { payment } = props;
  return (
    <section class={`card summary ${props.receipt ? 'summary-receipt' : ''}`}>
      <p class="summary-shop">
        {props.receipt && <Icon name="check" />}
        <ShopName id={payment.merchant_id} name={payment.merchant_name} />
      </p>
      <BigWon amount={takenBy(payment)} class={isUndone(payment) ? 'won-gone' : ''} />
      <p>
        <span class={`tag tag-${payment.status}`}>{t.statuses[payment.status]}</span>
      </p>
      {t.statusTexts[payment.status] && <p class="hint">{t.statusTexts[payment.status]}</p>}
      {payment.status === 'partly_cancelled' && <p class="hint">{t.left(payment.captured - payment.cancelled)}</p>}
    </section>
  );
}

function FactsOf(props: { payment: OnePayment }) {
  const t = texts();
  const { payment } = props;
  // Of a hold that came back in part, the purses of the rest are not known here.
  const from = payment.released > 0 ? [] : Object.entries(payment.paid_from ?? {});
  return (
    <section class="card" aria-labelledby="facts">
      <h2 id="facts">{t.payment.facts}</h2>
      <Facts
        rows={[
          [t.payment.amount, <Won amount={payment.amount} />],
          (payment.discount ?? 0) > 0 && [t.payment.discount, <Won amount={-(payment.discount ?? 0)} class="won-gain" />],
          payment.status !== 'declined' && payment.released < payment.amount && [t.payment.paid, <Won amount={takenBy(payment)} class="won-strong" />],
          from.length > 0 && [
            t.payment.paidFrom,
            <>
              {from.map(([id, amount]) => (
                <span key={id} class="fact-line">
                  {purse(id, language.value)} <Won amount={amount} />
                </span>
              ))}
            </>,
          ],
          payment.accepted_at ? [t.payment.at, dateAndTime(payment.accepted_at, language.value)] : null,
          [t.payment.channel, t.payment.channels[payment.channel] ?? payment.channel],
          payment.id ? [t.payment.id, <span class="id">{payment.id}</span>] : null,
        ]}
      />
    </section>
  );
}

const LOOK_AGAIN_MS = [500, 1000, 1500, 2000, 3000, 5000, 8000];

type Looked = { found: Answer<Effects>; expected: boolean; complete: boolean; late: boolean };

/** What the payment earned and what its cancellations changed; asked again while it is being calculated. */
function useEffects(payment: OnePayment): Looked {
  const [looks, setLooks] = useState(0);
  const id = payment.id ?? '';
  const month = payment.accepted_at ? monthOf(payment.accepted_at) : null;
  const found = useAnswer(month ? () => effectsOf(id, month, payment) : null, [id, month, looks]);
  const expected = payment.captured > 0 || payment.status === 'approved';
  const complete = found.value !== null && (!expected || found.value.earnings.length > 0) && found.value.corrected;
  useEffect(() => {
    const pause = LOOK_AGAIN_MS[looks];
    if (!expected || found.waiting || complete || found.problem || pause === undefined) return;
    const timer = setTimeout(() => setLooks(looks + 1), pause);
    return () => clearTimeout(timer);
  }, [looks, found.waiting, complete]);
  return { found, expected, complete, late: looks >= LOOK_AGAIN_MS.length };
}

function Cashback(props: { id: string; effects: Looked }) {
  const t = texts().payment;
  const { found, complete, late } = props.effects;
  const earnings = found.value?.earnings ?? [];
  return (
    <section class="card" aria-labelledby="why" aria-busy={!complete && !late}>
      <h2 id="why">{t.why}</h2>
      {found.problem ? (
        <Answered answer={found}>{() => null}</Answered>
      ) : earnings.length > 0 ? (
        <Why earnings={inOrder(earnings)} changed={changeOf(found.value?.corrections ?? [], props.id)} />
      ) : found.value === null ? (
        <Waiting lines={3} />
      ) : (
        <p role="status" class="pending">
          {late ? t.whyLate : t.whyWaiting}
        </p>
      )}
    </section>
  );
}

/** The API lists the latest first. */
function inOrder(earnings: Earning[]): Earning[] {
  return [...earnings].sort((one, other) => Date.parse(one.accepted_at) - Date.parse(other.accepted_at));
}

type Effects = { earnings: Earning[]; corrections: Correction[]; corrected: boolean };

/** A capture earns in its own month, which may be the one after its hold; a cancellation corrects the month of what it cancels. */
async function effectsOf(id: string, month: string, payment: OnePayment): Promise<Effects> {
  const cancelled = payment.cancellations.map((each) => each.id);
  const last = payment.expires_at ? monthOf(payment.expires_at) : month;
  const months = last === month ? [month] : [month, last];
  const of = (read: { earnings: Earning[]; corrections: Correction[] }[]): Effects => {
    const corrections = read.flatMap((each) => each.corrections.filter((correction) => cancelled.includes(correction.cancellation_id)));
    return {
      earnings: read.flatMap((each) => each.earnings.filter((earning) => earning.payment_id === id)),
      corrections,
      corrected: cancelled.every((one) => corrections.some((correction) => correction.cancellation_id === one)),
    };
  };
  // A hold may have further earnings on any page.
  const enough = (page: { earnings: Earning[]; corrections: Correction[] }) => {
    const found = of([page]);
    return !isHold(payment) && found.earnings.length > 0 && found.corrected;
  };
  return of(await Promise.all(months.map((each) => cashbackOf(each, enough))));
}
