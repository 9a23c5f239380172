import { useAnswer, type Answer } from '../../../shared/api/asking.ts';
import { answer } from '../../../shared/api/client.ts';
import { language } from '../../../shared/i18n/language.ts';
import { purse } from '../../../shared/i18n/names.ts';
import { told } from '../../../shared/i18n/texts.ts';
import { cityMonth, dateAndTime, lastDay, date } from '../../../shared/time.ts';
import { Answered } from '../../../shared/ui/answer.tsx';
import { Icon } from '../../../shared/ui/icons.tsx';
import { BigWon, Won } from '../../../shared/ui/money.tsx';
import { Page } from '../../../shared/ui/page.tsx';
import { api, comingPolicies, justOpened, policyInForce, readWallet, spendable, wallet, type PolicyText, type Wallet } from '../city.ts';
import { cashbackOf, earnedBy } from '../months.ts';
import { Announced } from '../parts/announced.tsx';
import { LimitSummary } from '../parts/limit.tsx';
import { PaymentList } from '../parts/payment-list.tsx';
import { UnfinishedPayment } from '../parts/unfinished.tsx';
import { path } from '../paths.ts';
import { texts } from '../texts.ts';

const RECENT = 3;

export function Home() {
  const t = texts().home;
  const mine = useAnswer(readWallet, []);
  const policy = useAnswer(policyInForce, []);
  return (
    <Page title={t.title} app={texts().app} hideTitle>
      <UnfinishedPayment />
      <Answered answer={mine} lines={4}>
        {(body) => (
          <div class="columns">
            <div class="column">
              <Balance body={body} />
              <Shortcuts />
              <Notes body={body} />
              <Purses body={body} />
              <Left policy={policy} body={body} />
            </div>
            <div class="column">
              <Recent walletId={body.id} />
              <News />
            </div>
          </div>
        )}
      </Answered>
    </Page>
  );
}

function Balance(props: { body: Wallet }) {
  const t = texts().home;
  const at = wallet.value?.at;
  const pay = [path.pay(), t.pay] as const;
  const topUp = [path.topUp(), t.topUp] as const;
  // Who has nothing to spend begins with a top-up.
  const ways = spendable(props.body) > 0 ? [pay, topUp] : [topUp, pay];
  return (
    <section class="hero balance" aria-labelledby="balance">
      <h2 id="balance">{t.balance}</h2>
      <BigWon amount={spendable(props.body)} />
      {at && <p class="balance-at">{t.asOf(dateAndTime(at, language.value))}</p>}
      <Earned />
      <div class="actions">
        {ways.map(([to, name], number) => (
          <a key={to} class={`button ${number === 0 ? 'button-on-colour' : 'button-outline-on-colour'}`} href={to}>
            {name}
          </a>
        ))}
      </div>
    </section>
  );
}

/** The month's cashback so far, as the API adds it up. */
function Earned() {
  const month = cityMonth();
  const cashback = useAnswer(month ? () => cashbackOf(month, () => true) : null, [month, wallet.value?.at?.getTime()]);
  return (
    <p class="balance-earned">
      {texts().home.earned}
      {cashback.value ? <Won amount={cashback.value.total} sign class="won-strong" /> : <span aria-hidden="true">–</span>}
    </p>
  );
}

const SHORTCUTS = [
  ['shops', path.shops, 'shops'],
  ['planner', path.planner, 'plan'],
  ['limits', path.limits, 'limits'],
  ['policy', path.policy, 'news'],
] as const;

/** What people look for most after their balance. */
function Shortcuts() {
  const t = texts().home;
  return (
    <nav aria-label={t.shortcutsLabel}>
      <ul class="shortcuts">
        {SHORTCUTS.map(([name, to, icon]) => (
          <li key={name}>
            <a href={to()}>
              <Icon name={icon} />
              <span>{t.shortcuts[name]}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Notes(props: { body: Wallet }) {
  const t = texts().home;
  const { body } = props;
  const name = (id: string) => titleOf(body, id);
  const notes = [
    body.status === 'suspended' && t.suspended,
    justOpened.value && t.opened,
    body.negative_cashback && t.negative,
    ...body.owed.map((each) => t.owed(name(each.from), each.won, name(each.to))),
    body.cashback_pending > 0 && t.pending(body.cashback_pending),
  ].filter((note): note is string => Boolean(note));
  if (notes.length === 0) return null;
  return (
    <div class={`note ${body.status === 'suspended' ? 'note-danger' : 'note-info'}`}>
      {notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
    </div>
  );
}

function titleOf(body: Wallet, id: string): string {
  const reward = body.rewards.find((each) => each.id === id);
  return reward?.title ? told(reward.title) : purse(id, language.value);
}

function Purses(props: { body: Wallet }) {
  const t = texts().home;
  const { body } = props;
  const rewards = new Map(body.rewards.map((each) => [each.id, each]));
  const waiting: [string, string, number][] = [];
  if (body.held > 0) waiting.push([t.held, t.heldText, body.held]);
  if (body.refund_pending > 0) waiting.push([t.refundPending, t.refundText, body.refund_pending]);
  return (
    <section class="card" aria-labelledby="purses">
      <h2 id="purses">{t.purses}</h2>
      <ul class="lines">
        {Object.entries(body.purses).map(([id, amount]) => {
          const reward = rewards.get(id);
          return (
            <li key={id}>
              <span class="line-main">
                <span>{titleOf(body, id)}</span>
                {reward && <span class="hint">{whenOf(reward)}</span>}
                {reward?.spendable_at && <span class="hint">{told(reward.spendable_at)}</span>}
              </span>
              <Won amount={amount} class="won-strong" />
            </li>
          );
        })}
        {waiting.map(([title, text, amount]) => (
          <li key={title}>
            <span class="line-main">
              <span>{title}</span>
              <span class="hint">{text}</span>
            </span>
            <Won amount={amount} class="won-strong" />
          </li>
        ))}
      </ul>
    </section>
  );
}

function whenOf(reward: Wallet['rewards'][number]): string {
  const t = texts().home;
  const until = reward.expires_at && t.until(lastDay(reward.expires_at, language.value));
  if (reward.expired) return t.expired;
  const from = reward.spendable_from && t.from(date(reward.spendable_from, language.value));
  return [from, until].filter(Boolean).join(' ') || t.noExpiry;
}

function Left(props: { policy: Answer<PolicyText>; body: Wallet }) {
  const t = texts().home;
  return (
    <section class="card" aria-labelledby="left">
      <h2 id="left">{t.left}</h2>
      <Answered answer={props.policy} lines={2}>
        {(policy) => <LimitSummary policy={policy} wallet={props.body} />}
      </Answered>
      <a class="more" href={path.limits()}>
        {t.leftAll}
        <Icon name="right" />
      </a>
    </section>
  );
}

function Recent(props: { walletId: string }) {
  const t = texts();
  const month = cityMonth();
  const asked = useAnswer(
    month
      ? async () => {
          const [payments, cashback] = await Promise.all([
            answer(api.GET('/wallets/{wallet_id}/payments', { params: { path: { wallet_id: props.walletId }, query: { month } } })),
            cashbackOf(month, () => true),
          ]);
          return { payments: payments.payments, earned: earnedBy(cashback) };
        }
      : null,
    [props.walletId, month],
  );
  return (
    <section class="card" aria-labelledby="recent">
      <h2 id="recent">{t.home.recent}</h2>
      <Answered answer={asked}>
        {({ payments, earned }) =>
          payments.length > 0 ? (
            <PaymentList payments={payments.slice(0, RECENT)} earned={earned} />
          ) : (
            <p class="empty">{t.history.emptyText}</p>
          )
        }
      </Answered>
      <a class="more" href={path.history()}>
        {t.home.recentAll}
        <Icon name="right" />
      </a>
    </section>
  );
}

function News() {
  const t = texts().home;
  const coming = useAnswer(comingPolicies, []);
  return (
    <section class="card" aria-labelledby="news">
      <h2 id="news">{t.news}</h2>
      <Answered answer={coming} lines={2}>
        {(announced) =>
          announced.length > 0 ? <Announced announced={announced.slice(0, 2)} brief /> : <p class="empty">{t.noNews}</p>
        }
      </Answered>
      <a class="more" href={path.policy()}>
        {t.newsAll}
        <Icon name="right" />
      </a>
    </section>
  );
}
