/** A quote: requested a moment after the last key press. The previous answer stays visible until the next one arrives. */
import { useEffect, useState } from 'preact/hooks';
import { useAnswer, type Answer } from '../../../shared/api/asking.ts';
import { answer, type Schemas } from '../../../shared/api/client.ts';
import { common, told } from '../../../shared/i18n/texts.ts';
import { ProblemNote, Waiting } from '../../../shared/ui/answer.tsx';
import { Won } from '../../../shared/ui/money.tsx';
import { api, policyOf, walletId, type PolicyText } from '../city.ts';
import { path } from '../paths.ts';
import { texts } from '../texts.ts';

export type Quote = Schemas['QuoteBody'];

const AFTER_THE_LAST_KEY_MS = 350;

/** Options of a quote besides shop and amount: a plan is for any day from now on, as if the balance were enough. */
type Asked = { plan?: boolean; at?: string | undefined };

export function askQuote(shop: string, amount: number, asked: Asked = {}): Promise<Quote> {
  const planned = asked.plan ? { topped_up: true, ...(asked.at ? { at: asked.at } : {}) } : {};
  return walletId().then((id) =>
    answer(
      api.POST('/wallets/{wallet_id}/cashback_quotes', {
        params: { path: { wallet_id: id } },
        body: { merchant_id: shop, amount, channel: 'shop', capture: 'now', ...planned },
      }),
    ),
  );
}

/** A quote of what is typed, for a payment now; `null` as long as nothing can be asked for. */
export function useQuote(shop: string, amount: number | null): Answer<{ quote: Quote; policy: PolicyText }> {
  return useAsked(shop, amount, {});
}

/** The same for a payment that is planned, whatever the balance is. */
export function usePlan(shop: string, amount: number | null, at?: string): Answer<{ quote: Quote; policy: PolicyText }> {
  return useAsked(shop, amount, { plan: true, at });
}

function useAsked(shop: string, amount: number | null, asked: Asked): Answer<{ quote: Quote; policy: PolicyText }> {
  const settled = useSettled(amount);
  return useAnswer(
    settled !== null && settled === amount
      ? async () => {
          const quote = await askQuote(shop, settled, asked);
          return { quote, policy: await policyOf(quote.policy) };
        }
      : null,
    [shop, amount, settled, asked.at],
  );
}

function useSettled(amount: number | null): number | null {
  const [settled, settle] = useState(amount);
  useEffect(() => {
    const timer = setTimeout(() => settle(amount), AFTER_THE_LAST_KEY_MS);
    return () => clearTimeout(timer);
  }, [amount]);
  return settled;
}

export function layerTitle(policy: PolicyText | null, layer: string): string {
  const found = policy?.layers.find((each) => each.id === layer);
  return found ? told(found.title) : layer;
}

/** The quote in lines, or why the payment would be declined, with a way on. `brief` leaves out the cashback, which is shown above. */
export function QuoteLines(props: { asked: Answer<{ quote: Quote; policy: PolicyText }>; amount: number | null; brief?: boolean }) {
  const t = texts();
  const { value, problem, waiting, again } = props.asked;
  if (problem) return <ProblemNote problem={problem} again={again} form />;
  if (!value) return props.amount !== null || waiting ? <Waiting lines={2} /> : null;
  const { quote, policy } = value;
  if (quote.decline) return <Declined reason={quote.decline.reason} />;
  return (
    <>
      <dl class="facts facts-strong">
        {quote.discount > 0 && (
          <div>
            <dt>{t.pay.discount}</dt>
            <dd>
              <Won amount={-quote.discount} class="won-gain" />
            </dd>
          </div>
        )}
        <div>
          <dt>{t.pay.paid}</dt>
          <dd>
            <Won amount={quote.paid} />
          </dd>
        </div>
        {!props.brief && (
          <div>
            <dt>{t.pay.cashback}</dt>
            <dd>
              <Won amount={quote.cashback} sign class="won-gain" />
            </dd>
          </div>
        )}
      </dl>
      {(quote.cut ?? []).map((cut) => (
        <p key={cut.layer} class="hint">
          {t.cuts.budget_used_up(layerTitle(policy, cut.layer), cut.given)}
        </p>
      ))}
      {(quote.not_guaranteed ?? []).map((each) => (
        <p key={each.reason} class="hint">
          {t.pay.notGuaranteed[each.reason]}
        </p>
      ))}
    </>
  );
}

/** A reason that this release of the app does not know is put into words as any other. */
function reasonOf(reason: string): DeclineReason {
  return Object.hasOwn(AFTER, reason) ? (reason as DeclineReason) : 'other';
}

type DeclineReason = keyof ReturnType<typeof texts>['declines'];

/** Where a person goes on after each decline. */
const AFTER: Record<DeclineReason, 'topUp' | 'otherShop' | 'cards' | 'home'> = {
  unknown_merchant: 'otherShop',
  unknown_card: 'cards',
  reversed: 'home',
  insufficient_funds: 'topUp',
  merchant_excluded: 'otherShop',
  merchant_not_payable_yet: 'otherShop',
  wallet_suspended: 'home',
  card_blocked: 'cards',
  basket_declined: 'home',
  other: 'otherShop',
};

/** Why a payment is or would be declined, with a way on. */
export function Declined(props: { reason: string }) {
  const t = texts();
  const links = {
    topUp: [path.topUp(), t.home.topUp],
    otherShop: [path.pay(), t.pay.otherShop],
    cards: [path.me(), t.me.cards],
    home: [path.home(), common().ways.start],
  };
  const reason = reasonOf(props.reason);
  const [to, name] = links[AFTER[reason]];
  return (
    <div class="note note-warning">
      <p>{t.declines[reason]}</p>
      <p>
        <a href={to}>{name}</a>
      </p>
    </div>
  );
}
