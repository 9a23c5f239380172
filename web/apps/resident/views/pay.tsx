import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { useAnswer } from '../../../shared/api/asking.ts';
import { answer } from '../../../shared/api/client.ts';
import type { Problem } from '../../../shared/api/problem.ts';
import { language } from '../../../shared/i18n/language.ts';
import { common } from '../../../shared/i18n/texts.ts';
import { digits, typedWon, won } from '../../../shared/money.ts';
import { cityMonth } from '../../../shared/time.ts';
import { Answered, ProblemNote, sentenceOf } from '../../../shared/ui/answer.tsx';
import { Dialog } from '../../../shared/ui/dialog.tsx';
import { AmountField, ErrorSummary } from '../../../shared/ui/fields.tsx';
import { Page } from '../../../shared/ui/page.tsx';
import { api, readWallet, shopOf, spendable, type Shop as ShopBody } from '../city.ts';
import { draftAt, keep, pay, unfinished, type PayDraft } from '../paying.ts';
import { path } from '../paths.ts';
import { Declined, QuoteLines, useQuote } from '../parts/quote.tsx';
import { ShopCard, ShopFinder, ShopRows } from '../parts/shops.tsx';
import { UnfinishedPayment } from '../parts/unfinished.tsx';
import { texts } from '../texts.ts';

const MOST_RECENT = 4;
const STEPS = [1_000, 10_000, 50_000];

/** Choose the shop: a recent one, or one of the list. */
export function ChooseShop() {
  const t = texts().pay;
  const recent = useAnswer(recentShops, []);
  return (
    <Page title={t.chooseTitle} app={texts().app} lead={t.chooseText}>
      <UnfinishedPayment />
      <Answered answer={recent} lines={2}>
        {(shops) =>
          shops.length > 0 && (
            <section class="card" aria-labelledby="recent">
              <h2 id="recent">{t.recent}</h2>
              <ShopRows shops={shops} to={path.payAt} amount={null} />
            </section>
          )
        }
      </Answered>
      <section aria-labelledby="find">
        <h2 id="find">{t.find}</h2>
        <ShopFinder to={path.payAt} />
      </section>
    </Page>
  );
}

async function recentShops(): Promise<ShopBody[]> {
  const { id } = await readWallet();
  const month = cityMonth();
  if (!month) return [];
  const query = { month };
  const { payments } = await answer(api.GET('/wallets/{wallet_id}/payments', { params: { path: { wallet_id: id }, query } }));
  const ids = [...new Set(payments.map((payment) => payment.merchant_id))].slice(0, MOST_RECENT);
  const found = await Promise.all(ids.map((shop) => shopOf(shop).catch(() => null)));
  return found.filter((shop): shop is ShopBody => shop !== null);
}

/** Pay at a shop that was chosen, or that a link named. */
export function Pay(props: { id: string }) {
  const shop = useAnswer(() => shopOf(props.id), [props.id]);
  const t = texts();
  return (
    <Page title={shop.value ? t.pay.at(shop.value.name) : t.pay.title} app={t.app}>
      <Answered
        answer={shop}
        otherwise={
          <a class="button" href={path.pay()}>
            {t.pay.otherShop}
          </a>
        }
      >
        {(body) => <PayAt key={body.id} shop={body} />}
      </Answered>
    </Page>
  );
}

type Step = { is: 'typing' } | { is: 'confirming' } | { is: 'sending' } | { is: 'unknown'; problem: Problem } | { is: 'declined'; reason: string };

function PayAt(props: { shop: ShopBody }) {
  const { shop } = props;
  const t = texts().pay;
  const { route } = useLocation();
  const other = unfinished();
  const [draft, setDraft] = useState<PayDraft>(() => draftAt(shop.id));
  const [step, setStep] = useState<Step>(() => ({ is: 'typing' }));
  const [fault, setFault] = useState<string | null>(null);
  const [refused, setRefused] = useState<Problem | null>(null);
  const sending = useRef(false);
  const asked = typedWon(draft.typed);
  const amount = 'amount' in asked ? asked.amount : null;
  const quoted = useQuote(shop.id, draft.sent ? null : amount);
  const balance = useAnswer(readWallet, []);

  useEffect(() => {
    if (!draft.sent) keep(draft);
  }, [draft]);

  const type = (typed: string) => {
    setDraft((before) => ({ ...before, typed }));
    setFault(null);
    setRefused(null);
    if (step.is === 'declined') setStep({ is: 'typing' });
  };
  const review = (event: Event) => {
    event.preventDefault();
    if ('fault' in asked) setFault(common().amountFaults[asked.fault]);
    else setStep({ is: 'confirming' });
  };
  const send = async (won: number) => {
    // A second click, before the page has changed, is the same payment.
    if (sending.current) return;
    sending.current = true;
    setStep({ is: 'sending' });
    const outcome = await pay(draft, won);
    sending.current = false;
    if ('unknown' in outcome) {
      setDraft({ ...draft, sent: won });
      setStep({ is: 'unknown', problem: outcome.unknown });
    } else if ('refused' in outcome) {
      setDraft(draftAt(shop.id));
      setRefused(outcome.refused);
      setStep({ is: 'typing' });
    } else if (outcome.paid.status === 'declined') {
      setDraft(draftAt(shop.id));
      setStep({ is: 'declined', reason: outcome.paid.decline?.reason ?? 'other' });
    } else {
      route(`${path.payment(outcome.paid.id ?? '')}?receipt`, true);
    }
  };

  if (other && other.shop !== shop.id) return <UnfinishedPayment />;
  if (draft.sent && step.is !== 'sending') {
    return <Unknown shop={shop} amount={draft.sent} problem={step.is === 'unknown' ? step.problem : null} check={() => void send(draft.sent ?? 0)} />;
  }
  const declined = quoted.value?.quote.decline;
  return (
    <>
      <ShopCard shop={shop} brief />
      <form class="pay-form" onSubmit={review} noValidate>
        <ErrorSummary faults={fault ? [['amount', fault]] : []} />
        {refused && <ProblemNote problem={refused} form />}
        {step.is === 'declined' && (
          <div role="alert">
            <h2 class="note-title">{t.declined}</h2>
            <Declined reason={step.reason} />
            <p class="hint">{t.noMoneyMoved}</p>
          </div>
        )}
        <AmountField
          id="amount"
          label={t.amount}
          hint={balance.value ? t.balance(spendable(balance.value)) : t.hint}
          fault={fault}
          value={draft.typed}
          onValue={type}
        />
        <div class="chips" role="group" aria-label={t.amount}>
          {STEPS.map((step) => (
            <button key={step} type="button" class="chip" onClick={() => type(digits((amount ?? 0) + step))}>
              {t.add(step)}
            </button>
          ))}
          <button type="button" class="chip" onClick={() => type('')}>
            {t.clear}
          </button>
        </div>
        {amount !== null && (
          <section class="card quote" aria-labelledby="quote" aria-live="polite" aria-busy={quoted.waiting}>
            <h2 id="quote">{t.quote}</h2>
            <QuoteLines asked={quoted} amount={amount} />
          </section>
        )}
        <div class="actions actions-wide actions-sticky">
          <button type="submit" class="button button-large" disabled={step.is === 'sending' || Boolean(declined)}>
            {amount === null ? t.goEmpty : t.go(amount)}
          </button>
        </div>
      </form>
      <Dialog
        title={amount === null ? '' : t.confirm(shop.name, amount)}
        open={step.is === 'confirming' || step.is === 'sending'}
        {...(step.is === 'confirming' ? { onClose: () => setStep({ is: 'typing' }) } : {})}
      >
        <QuoteLines asked={quoted} amount={amount} />
        <p class="hint">{step.is === 'sending' ? <span role="status">{t.sending}</span> : t.confirmText}</p>
        <div class="actions actions-wide">
          <button type="button" class="button button-large" disabled={step.is === 'sending'} onClick={() => void send(amount ?? 0)}>
            {amount === null ? t.goEmpty : t.go(amount)}
          </button>
          <button type="button" class="button button-quiet button-large" disabled={step.is === 'sending'} onClick={() => setStep({ is: 'typing' })}>
            {common().cancel}
          </button>
        </div>
      </Dialog>
    </>
  );
}

/** No answer came: nothing else is possible until the outcome is known. */
function Unknown(props: { shop: ShopBody; amount: number; problem: Problem | null; check: () => void }) {
  const t = texts().pay;
  return (
    <section class="note note-warning" role="alert">
      <h2 class="note-title">{t.unknownTitle}</h2>
      <p>
        {props.shop.name}, <strong>{won(props.amount, language.value)}</strong>
      </p>
      {props.problem && <p>{sentenceOf(props.problem)}</p>}
      <p>{t.unknown}</p>
      <div class="actions">
        <button type="button" class="button" onClick={props.check}>
          {t.check}
        </button>
      </div>
    </section>
  );
}
