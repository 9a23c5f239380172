import { useAnswer } from '../../../shared/api/asking.ts';
import { Answered } from '../../../shared/ui/answer.tsx';
import { language } from '../../../shared/i18n/language.ts';
import { won } from '../../../shared/money.ts';
import { Page } from '../../../shared/ui/page.tsx';
import { Won } from '../../../shared/ui/money.tsx';
import { Table } from '../../../shared/ui/table.tsx';
import { shopOf } from '../city.ts';
import { path } from '../paths.ts';
import { askQuote, Declined, type Quote } from '../parts/quote.tsx';
import { ShopCard } from '../parts/shops.tsx';
import { texts } from '../texts.ts';

const AMOUNTS = [10_000, 50_000, 100_000];

type Row = { quote: Quote; amount: number };

/** One shop: what I would get there for a few amounts, the way to pay and the way to plan. */
export function Shop(props: { id: string }) {
  const t = texts();
  const shop = useAnswer(() => shopOf(props.id), [props.id]);
  const quotes = useAnswer(() => Promise.all(AMOUNTS.map((amount) => askQuote(props.id, amount, { plan: true }))), [props.id]);
  return (
    <Page title={shop.value?.name ?? t.shops.title} app={t.app}>
      <Answered
        answer={shop}
        otherwise={
          <a class="button" href={path.shops()}>
            {t.shops.title}
          </a>
        }
      >
        {(body) => (
          <>
            <ShopCard shop={body} />
            <section class="card" aria-labelledby="benefit">
              <h2 id="benefit">{t.shops.myBenefit}</h2>
              <Answered answer={quotes}>
                {(answers) => {
                  const reason = answers[0]?.decline?.reason;
                  if (reason && reason !== 'insufficient_funds') return <Declined reason={reason} />;
                  const rows = answers.map((quote, number) => ({ quote, amount: AMOUNTS[number] ?? 0 }));
                  return (
                    <Table
                      caption={t.shops.myBenefit}
                      hideCaption
                      columns={[
                        { title: t.planner.amount, cell: (row: Row) => won(row.amount, language.value) },
                        ...(rows.some((row) => row.quote.discount > 0)
                          ? [{ title: t.pay.discount, cell: (row: Row) => <Won amount={row.quote.discount} />, amount: true }]
                          : []),
                        { title: t.pay.cashback, cell: (row) => <Won amount={row.quote.cashback} />, amount: true },
                      ]}
                      rows={rows.filter((row) => !row.quote.decline)}
                    />
                  );
                }}
              </Answered>
            </section>
            <div class="actions actions-wide">
              <a class="button button-large" href={path.payAt(body.id)}>
                {t.shops.pay}
              </a>
              <a class="button button-quiet button-large" href={`${path.planner()}?shop=${encodeURIComponent(body.id)}`}>
                {t.shops.plan}
              </a>
            </div>
          </>
        )}
      </Answered>
    </Page>
  );
}
