import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { useAnswer } from '../../../shared/api/asking.ts';
import type { Schemas } from '../../../shared/api/client.ts';
import { language } from '../../../shared/i18n/language.ts';
import { common } from '../../../shared/i18n/texts.ts';
import { percent, typedWon } from '../../../shared/money.ts';
import { date } from '../../../shared/time.ts';
import { Answered } from '../../../shared/ui/answer.tsx';
import { AmountField } from '../../../shared/ui/fields.tsx';
import { Won } from '../../../shared/ui/money.tsx';
import { Page } from '../../../shared/ui/page.tsx';
import { comingPolicies, shopOf, type Shop } from '../city.ts';
import { path } from '../paths.ts';
import { Changes } from '../parts/announced.tsx';
import { QuoteLines, usePlan } from '../parts/quote.tsx';
import { placeOf, ShopFinder } from '../parts/shops.tsx';
import { texts } from '../texts.ts';

/** Later changes are too far ahead to plan for. */
const MOST_COMING = 2;

/** What would I earn at this shop, for this amount: now, and from the day of each change that is announced. */
export function Planner() {
  const t = texts().planner;
  const { query } = useLocation();
  return (
    <Page title={t.title} app={texts().app} lead={t.lead}>
      {query.shop ? (
        <Plan shop={query.shop} />
      ) : (
        <section aria-labelledby="choose">
          <h2 id="choose">{t.choose}</h2>
          <ShopFinder to={(shop) => `${path.planner()}?shop=${encodeURIComponent(shop)}`} />
        </section>
      )}
    </Page>
  );
}

function Plan(props: { shop: string }) {
  const t = texts().planner;
  const shop = useAnswer(() => shopOf(props.shop), [props.shop]);
  return (
    <Answered
      answer={shop}
      otherwise={
        <a class="button" href={path.planner()}>
          {t.choose}
        </a>
      }
    >
      {(body) => <PlanAt shop={body} />}
    </Answered>
  );
}

function PlanAt(props: { shop: Shop }) {
  const t = texts().planner;
  const [typed, setTyped] = useState('50,000');
  const asked = typedWon(typed);
  const amount = 'amount' in asked ? asked.amount : null;
  const coming = useAnswer(comingPolicies, []);
  return (
    <>
      <section class="card plan-shop">
        <span class="row-main">
          <span class="row-title">{props.shop.name}</span>
          <span class="row-text">{placeOf(props.shop)}</span>
        </span>
        <a class="button button-quiet" href={path.planner()}>
          {t.change}
        </a>
      </section>
      <AmountField
        id="amount"
        label={t.amount}
        fault={'fault' in asked ? common().amountFaults[asked.fault] : null}
        value={typed}
        onValue={setTyped}
      />
      <div class="columns columns-three">
        <Planned title={t.now} text={t.nowText} shop={props.shop.id} amount={amount} />
        <Answered answer={coming} lines={2}>
          {(announced) =>
            announced.length === 0 ? (
              <section class="card">
                <h2>{texts().policy.coming}</h2>
                <p class="empty">{t.noComing}</p>
              </section>
            ) : (
              announced.slice(0, MOST_COMING).map((each) => <Coming key={each.what + each.start} announced={each} shop={props.shop.id} amount={amount} />)
            )
          }
        </Answered>
      </div>
      <div class="actions">
        <a class="button" href={path.payAt(props.shop.id)}>
          {texts().shops.pay}
        </a>
      </div>
    </>
  );
}

function Coming(props: { announced: Schemas['AnnouncedBody']; shop: string; amount: number | null }) {
  const t = texts().planner;
  const { announced } = props;
  return (
    <Planned title={t.coming(date(announced.start, language.value))} text={t.comingText} shop={props.shop} amount={props.amount} at={announced.start}>
      <Changes changes={announced.changes} />
    </Planned>
  );
}

function Planned(props: { title: string; text: string; shop: string; amount: number | null; at?: string; children?: ComponentChildren }) {
  const t = texts().planner;
  const asked = usePlan(props.shop, props.amount, props.at);
  const quote = asked.value?.quote;
  const gain = quote ? quote.cashback + quote.discount : 0;
  return (
    <section class="card plan" aria-live="polite" aria-busy={asked.waiting}>
      <h2>{props.title}</h2>
      {quote && props.amount !== null && !quote.decline && (
        <p class="plan-gain">
          <Won amount={gain} sign class="won-gain won-large" /> <span class="hint">{t.rateOfAll(percent((gain / props.amount) * 10_000))}</span>
        </p>
      )}
      <QuoteLines asked={asked} amount={props.amount} brief />
      <p class="hint">{props.text}</p>
      {props.children}
    </section>
  );
}
