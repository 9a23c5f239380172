import { useState } from 'preact/hooks';
import { useAnswer } from '../../../shared/api/asking.ts';
import { answer } from '../../../shared/api/client.ts';
import { asProblem, type Problem } from '../../../shared/api/problem.ts';
import { language } from '../../../shared/i18n/language.ts';
import { cardProduct, purse } from '../../../shared/i18n/names.ts';
import { cityMonth, cityTime, date, dayAfter, dayOf, monthOf } from '../../../shared/time.ts';
import { Answered, ProblemNote } from '../../../shared/ui/answer.tsx';
import { DayField, MonthField } from '../../../shared/ui/dates.tsx';
import { ErrorSummary } from '../../../shared/ui/fields.tsx';
import { Icon, type IconName } from '../../../shared/ui/icons.tsx';
import { Won } from '../../../shared/ui/money.tsx';
import { Page } from '../../../shared/ui/page.tsx';
import { Facts } from '../../../shared/ui/table.tsx';
import { api, readWallet, session, type Wallet } from '../city.ts';
import { collect, csvOf, download, monthsBetween } from '../export.ts';
import { path } from '../paths.ts';
import { texts } from '../texts.ts';

/** The member's own data, settings, and signing out. */
export function Me() {
  const t = texts().me;
  const mine = useAnswer(readWallet, []);
  return (
    <Page title={t.title} app={texts().app}>
      <nav class="card card-list" aria-label={t.links}>
        <ul class="rows">
          <Link to={path.limits()} icon="limits" label={texts().limits.title} />
          <Link to={path.planner()} icon="plan" label={texts().planner.title} />
          <Link to={path.policy()} icon="news" label={texts().policy.title} />
          <Link to={path.topUp()} icon="bank" label={texts().topUp.title} />
        </ul>
      </nav>
      <Answered answer={mine}>
        {(wallet) => (
          <div class="columns">
            <div class="column">
              <About wallet={wallet} />
              {isOpenSinceYesterday(wallet) && <Past wallet={wallet} />}
            </div>
            <div class="column">
              <Export wallet={wallet} />
              <section class="card">
                <p class="hint">{t.storage}</p>
                <div class="actions">
                  <button type="button" class="button button-quiet" onClick={() => void session.signOut()}>
                    {t.out}
                  </button>
                </div>
              </section>
            </div>
          </div>
        )}
      </Answered>
    </Page>
  );
}

function Link(props: { to: string; icon: IconName; label: string }) {
  return (
    <li>
      <a class="row" href={props.to}>
        <Icon name={props.icon} />
        <span class="row-main">
          <span class="row-title">{props.label}</span>
        </span>
        <Icon name="right" />
      </a>
    </li>
  );
}

function About(props: { wallet: Wallet }) {
  const t = texts().me;
  const { wallet } = props;
  return (
    <section class="card" aria-labelledby="about">
      <h2 id="about">{t.wallet}</h2>
      <Facts
        rows={[
          [t.id, <span class="id">{wallet.id}</span>],
          [t.opened, date(wallet.opened_at, language.value)],
          [t.verified, wallet.verified ? t.yes : t.no],
          [t.order, t.orders[wallet.debit_order]],
          [
            t.cards,
            wallet.cards.length === 0
              ? t.noCards
              : wallet.cards.map((card) => (
                  <span key={card.token} class="fact-line">
                    {t.card(cardProduct(card.product, language.value), card.token.slice(-4))} {t.cardStatuses[card.status] ?? card.status}
                  </span>
                )),
          ],
        ]}
      />
    </section>
  );
}

/** A wallet opened today has no past day to show. */
function isOpenSinceYesterday(wallet: Wallet): boolean {
  const now = cityTime();
  return now !== null && dayOf(wallet.opened_at) < dayOf(now);
}

/** What was in the wallet at the end of a day that is over. */
function Past(props: { wallet: Wallet }) {
  const t = texts().me;
  const now = cityTime();
  const first = dayOf(props.wallet.opened_at);
  const last = now ? dayAfter(dayOf(now), -1) : first;
  const [day, setDay] = useState(last);
  const [asked, ask] = useState<string | null>(null);
  const found = useAnswer(
    asked
      ? () =>
          answer(
            api.GET('/wallets/{wallet_id}/balances', {
              params: { path: { wallet_id: props.wallet.id }, query: { at: `${asked}T23:59:59.999+09:00` } },
            }),
          )
      : null,
    [asked],
  );
  const show = (event: Event) => {
    event.preventDefault();
    ask(day);
  };
  return (
    <section class="card" aria-labelledby="past">
      <h2 id="past">{t.past}</h2>
      <form onSubmit={show} noValidate>
        <DayField id="past-day" label={t.pastDay} value={day} onValue={setDay} first={first} last={last} />
        <div class="actions">
          <button type="submit" class="button button-quiet">
            {t.pastShow}
          </button>
        </div>
      </form>
      {asked && (
        <div aria-live="polite">
          <Answered answer={found} lines={2}>
            {(body) => (
              <>
                <h3>{t.pastAt(date(`${asked}T12:00:00+09:00`, language.value))}</h3>
                <Facts rows={Object.entries(body.purses).map(([id, won]) => [purse(id, language.value), <Won amount={won} />])} />
              </>
            )}
          </Answered>
        </div>
      )}
    </section>
  );
}

function Export(props: { wallet: Wallet }) {
  const t = texts().me;
  const opened = monthOf(props.wallet.opened_at);
  const now = cityMonth() ?? opened;
  const [first, setFirst] = useState(now);
  const [last, setLast] = useState(now);
  const [said, say] = useState('');
  const [fault, setFault] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const make = async (kind: 'json' | 'csv') => {
    const months = monthsBetween(first, last);
    setFault(months ? null : t.exportFault);
    setProblem(null);
    if (!months) return;
    setBusy(true);
    try {
      const data = await collect(months, (count) => say(t.exporting(count)));
      const name = `e-eum-${first}-${last}.${kind}`;
      if (kind === 'json') download(name, 'application/json', JSON.stringify(data, null, 2));
      else download(name, 'text/csv;charset=utf-8', csvOf(data));
      say(t.exported);
    } catch (thrown) {
      say('');
      setProblem(asProblem(thrown));
    }
    setBusy(false);
  };
  return (
    <section class="card" aria-labelledby="export">
      <h2 id="export">{t.export}</h2>
      <p class="hint">{t.exportText}</p>
      <ErrorSummary faults={fault ? [['export-first', fault]] : []} />
      <div class="filters">
        <MonthField id="export-first" label={t.exportFrom} value={first} onValue={setFirst} first={opened} last={now} />
        <MonthField id="export-last" label={t.exportTo} value={last} onValue={setLast} first={opened} last={now} />
      </div>
      <div class="actions">
        <button type="button" class="button button-quiet" disabled={busy} onClick={() => void make('json')}>
          {t.exportJson}
        </button>
        <button type="button" class="button button-quiet" disabled={busy} onClick={() => void make('csv')}>
          {t.exportCsv}
        </button>
      </div>
      <p role="status" class="hint">
        {said}
      </p>
      {problem && <ProblemNote problem={problem} form />}
    </section>
  );
}

