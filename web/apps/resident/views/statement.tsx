import { useAnswer } from '../../../shared/api/asking.ts';
import { answer, type Schemas } from '../../../shared/api/client.ts';
import { asProblem } from '../../../shared/api/problem.ts';
import { language } from '../../../shared/i18n/language.ts';
import { funder, purse } from '../../../shared/i18n/names.ts';
import { common } from '../../../shared/i18n/texts.ts';
import { dateAndTime, monthName } from '../../../shared/time.ts';
import { Answered } from '../../../shared/ui/answer.tsx';
import { Icon } from '../../../shared/ui/icons.tsx';
import { BigWon, Won } from '../../../shared/ui/money.tsx';
import { Page } from '../../../shared/ui/page.tsx';
import { Table } from '../../../shared/ui/table.tsx';
import { api, walletId } from '../city.ts';
import { path } from '../paths.ts';
import { texts } from '../texts.ts';

type StatementBody = Schemas['StatementBody'];

/** A month's statement, once all of the month has been calculated. */
export function Statement(props: { month: string }) {
  const t = texts().statement;
  const asked = useAnswer(() => read(props.month), [props.month]);
  return (
    <Page title={t.title(monthName(props.month, language.value))} app={texts().app}>
      <Answered answer={asked} lines={6}>
        {(body) => (body === 'missing' ? <Missing month={props.month} /> : <Written body={body} />)}
      </Answered>
    </Page>
  );
}

async function read(month: string): Promise<StatementBody | 'missing'> {
  try {
    const wallet_id = await walletId();
    return await answer(api.GET('/wallets/{wallet_id}/statements/{month}', { params: { path: { wallet_id, month } } }));
  } catch (thrown) {
    const problem = asProblem(thrown);
    if (problem.status === 404) return 'missing';
    throw problem;
  }
}

function Missing(props: { month: string }) {
  return (
    <div class="empty">
      <Icon name="history" />
      <p>{texts().statement.missing}</p>
      <a class="button" href={path.historyOf(props.month)}>
        {texts().history.title}
      </a>
    </div>
  );
}

type Flow = { title: string; won: number };

/** What came in and went out of a month, so that it adds up to the change of the balances; and what bonuses the bank took off its price. */
function flowsOf(body: StatementBody): { flows: Flow[]; offThePrice: number } {
  const t = texts().statement;
  const earlier = body.earlier_months;
  const plain: Flow[] = [
    { title: t.rows.topped_up, won: body.topped_up },
    { title: t.rows.cashback, won: body.cashback.won },
    { title: t.rows.cancelled, won: body.cancelled },
    { title: t.earlierRefunds, won: earlier.reduce((sum, each) => sum + each.cancelled, 0) },
    { title: t.earlierCashback, won: earlier.reduce((sum, each) => sum + each.cashback.won, 0) },
    { title: t.rows.discounts, won: body.discounts.won },
    { title: t.rows.paid, won: -body.paid },
    // Captures pay what a hold had set aside.
    { title: t.rows.captured, won: -body.captured },
    { title: t.rows.expired, won: -body.expired },
  ];
  // A top-up's bonus is added to the wallet, or taken off what the bank asks for.
  const bonus = total(body.end) - total(body.start) - plain.reduce((sum, flow) => sum + flow.won, 0);
  const flows = [...plain.slice(0, 1), { title: t.rows.top_up_rewards, won: bonus }, ...plain.slice(1)];
  return { flows: flows.filter((flow) => flow.won !== 0), offThePrice: body.top_up_rewards.won - bonus };
}

function total(purses: Record<string, number>): number {
  return Object.values(purses).reduce((sum, won) => sum + won, 0);
}

function Written(props: { body: StatementBody }) {
  const t = texts().statement;
  const { body } = props;
  const purses = [...new Set([...Object.keys(body.start), ...Object.keys(body.end)])];
  const { flows, offThePrice } = flowsOf(body);
  const promised: [string, number][] = [[t.rows.held, body.held], [t.rows.released, body.released]];
  const moved = promised.filter(([, won]) => won > 0);
  const funders = new Map<string, number>();
  for (const sum of [body.discounts, body.top_up_rewards, body.cashback]) {
    for (const [id, won] of Object.entries(sum.by_funder)) funders.set(id, (funders.get(id) ?? 0) + won);
  }
  return (
    <>
      <section class="card statement-head">
        <p>
          <span class="tag tag-approved">{t.months.frozen}</span> <span class="hint">{t.written(dateAndTime(body.written_at, language.value))}</span>
        </p>
        <p class="statement-end">
          {t.endOf} <BigWon amount={total(body.end)} />
        </p>
        <p class="hint">{t.change(total(body.end) - total(body.start))}</p>
      </section>
      <div class="columns">
        <div class="column">
          <section class="card">
            <Table
              caption={t.flows}
              columns={[
                { title: t.item, cell: (flow: Flow) => flow.title },
                { title: t.amount, cell: (flow) => <Won amount={flow.won} sign class={flow.won > 0 ? 'won-gain' : ''} />, amount: true },
              ]}
              rows={flows}
              foot={[t.sum, <Won amount={flows.reduce((sum, flow) => sum + flow.won, 0)} sign />]}
            />
            {moved.length > 0 && <p class="hint">{t.promised(moved)}</p>}
            {offThePrice > 0 && <p class="hint">{t.offThePrice(offThePrice)}</p>}
          </section>
        </div>
        <div class="column">
          <section class="card">
            <Table
              caption={t.balances}
              columns={[
                { title: t.purse, cell: (id: string) => purse(id, language.value) },
                { title: t.start, cell: (id) => <Won amount={body.start[id] ?? 0} />, amount: true },
                { title: t.end, cell: (id) => <Won amount={body.end[id] ?? 0} />, amount: true },
              ]}
              rows={purses}
              foot={[common().table.total, <Won amount={total(body.start)} />, <Won amount={total(body.end)} />]}
            />
          </section>
          {funders.size > 0 && (
            <section class="card">
              <Table
                caption={t.byFunder}
                columns={[
                  { title: t.funder, cell: ([id]: [string, number]) => funder(id, language.value) },
                  { title: t.amount, cell: ([, won]) => <Won amount={won} />, amount: true },
                ]}
                rows={[...funders]}
              />
            </section>
          )}
          {body.earlier_months.length > 0 && (
            <section class="card">
              <Table
                caption={t.earlier}
                columns={[
                  { title: texts().history.month, cell: (each: StatementBody['earlier_months'][number]) => monthName(each.month, language.value) },
                  { title: t.rows.cancelled, cell: (each) => <Won amount={each.cancelled} />, amount: true },
                  { title: t.rows.cashback, cell: (each) => <Won amount={each.cashback.won} />, amount: true },
                ]}
                rows={body.earlier_months}
              />
            </section>
          )}
        </div>
      </div>
      <div class="actions no-print">
        <button type="button" class="button button-quiet" onClick={() => print()}>
          {t.print}
        </button>
      </div>
    </>
  );
}
