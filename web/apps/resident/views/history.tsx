import { useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { useAnswer } from '../../../shared/api/asking.ts';
import { answer } from '../../../shared/api/client.ts';
import { usePages } from '../../../shared/api/paging.ts';
import { language } from '../../../shared/i18n/language.ts';
import { common } from '../../../shared/i18n/texts.ts';
import { cityMonth, monthAfter, monthName, monthOf } from '../../../shared/time.ts';
import { Answered, ProblemNote, Waiting } from '../../../shared/ui/answer.tsx';
import { Icon } from '../../../shared/ui/icons.tsx';
import { Won } from '../../../shared/ui/money.tsx';
import { More } from '../../../shared/ui/more.tsx';
import { Page } from '../../../shared/ui/page.tsx';
import { api, readWallet, type Wallet } from '../city.ts';
import { cashbackOf, earnedBy } from '../months.ts';
import { PaymentList } from '../parts/payment-list.tsx';
import { path } from '../paths.ts';
import { texts } from '../texts.ts';

const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

/** Payments of a month, the latest first, with what each earned. The month is in the address. */
export function History() {
  const t = texts().history;
  const { query } = useLocation();
  const mine = useAnswer(readWallet, []);
  return (
    <Page title={t.title} app={texts().app}>
      <Answered answer={mine}>
        {(wallet) => {
          const now = cityMonth() ?? monthOf(wallet.opened_at);
          const month = query.month && MONTH.test(query.month) ? query.month : now;
          return (
            <>
              <MonthChooser month={month} first={monthOf(wallet.opened_at)} last={now} />
              <Month key={month} month={month} wallet={wallet} closed={month < now} />
            </>
          );
        }}
      </Answered>
    </Page>
  );
}

function MonthChooser(props: { month: string; first: string; last: string }) {
  const t = texts().history;
  const { route } = useLocation();
  const go = (months: number) => () => route(path.historyOf(monthAfter(props.month, months)), true);
  return (
    <div class="month" role="group" aria-label={t.month}>
      <button type="button" class="tool" disabled={props.month <= props.first} onClick={go(-1)} aria-label={t.previous}>
        <Icon name="left" />
      </button>
      <strong aria-live="polite">{monthName(props.month, language.value)}</strong>
      <button type="button" class="tool" disabled={props.month >= props.last} onClick={go(1)} aria-label={t.next}>
        <Icon name="right" />
      </button>
    </div>
  );
}

function Month(props: { month: string; wallet: Wallet; closed: boolean }) {
  const t = texts().history;
  const cashback = useAnswer(() => cashbackOf(props.month), [props.month]);
  const earned = earnedBy(cashback.value);
  return (
    <>
      <section class="card month-sum">
        <span>{t.cashback}</span>
        {cashback.value ? <Won amount={cashback.value.total} sign class="won-gain" /> : <span class="waiting-word" aria-hidden="true" />}
        {props.closed && (
          <a class="more" href={path.statement(props.month)}>
            {t.statement}
            <Icon name="right" />
          </a>
        )}
      </section>
      {cashback.problem && <ProblemNote problem={cashback.problem} again={cashback.again} />}
      <Payments month={props.month} closed={props.closed} walletId={props.wallet.id} earned={earned} />
    </>
  );
}

function Payments(props: { month: string; closed: boolean; walletId: string; earned: Map<string, number> }) {
  const t = texts().history;
  const pages = usePages(async (cursor) => {
    const query = { month: props.month, ...(cursor ? { cursor } : {}) };
    const body = await answer(api.GET('/wallets/{wallet_id}/payments', { params: { path: { wallet_id: props.walletId }, query } }));
    return { entries: body.payments, cursor: body.cursor };
  });
  const list = useRef<HTMLDivElement>(null);
  const payments = pages.entries;
  if (!payments) return pages.problem ? <ProblemNote problem={pages.problem} again={pages.next} /> : <Waiting lines={5} />;
  if (payments.length === 0) {
    return (
      <div class="empty">
        <Icon name="history" />
        <p class="empty-title">{t.empty(monthName(props.month, language.value))}</p>
        {!props.closed && (
          <>
            <p>{t.emptyText}</p>
            <a class="button" href={path.pay()}>
              {texts().home.pay}
            </a>
          </>
        )}
      </div>
    );
  }
  return (
    <>
      <div ref={list}>
        <PaymentList payments={payments} earned={props.earned} byDay />
      </div>
      <More pages={pages} list={list} />
      <p class="hint" role="status">
        {pages.more ? t.shown(payments.length) : common().loadedAll(payments.length)}
      </p>
    </>
  );
}
