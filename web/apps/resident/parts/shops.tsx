/** Shops: a card, rows with what I would get there, and the finder by district and category. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { useAnswer } from '../../../shared/api/asking.ts';
import { answer } from '../../../shared/api/client.ts';
import { usePages } from '../../../shared/api/paging.ts';
import { language } from '../../../shared/i18n/language.ts';
import { category, district } from '../../../shared/i18n/names.ts';
import { common } from '../../../shared/i18n/texts.ts';
import { percent, won } from '../../../shared/money.ts';
import { cityTime, date } from '../../../shared/time.ts';
import { Answered, ProblemNote, Waiting } from '../../../shared/ui/answer.tsx';
import { SelectField } from '../../../shared/ui/fields.tsx';
import { Icon } from '../../../shared/ui/icons.tsx';
import { More } from '../../../shared/ui/more.tsx';
import { api, policyInForce, type Shop } from '../city.ts';
import { texts } from '../texts.ts';
import { askQuote } from './quote.tsx';

const AMOUNTS = [10_000, 30_000, 50_000, 100_000];

export function placeOf(shop: Shop): string {
  return `${district(shop.district, language.value)} · ${category(shop.category, language.value)}`;
}

/** `brief` leaves out what a quote shows below. */
export function ShopCard(props: { shop: Shop; brief?: boolean }) {
  const { shop } = props;
  const t = texts().shops;
  const now = cityTime();
  return (
    <section class="shop-card">
      <p class="shop-place">
        {placeOf(shop)} {props.brief && shop.flags.includes('benefit_plus') && <span class="tag tag-plus">{t.benefitPlus}</span>}
      </p>
      {!props.brief && shop.flags.includes('benefit_plus') && (
        <p>
          <span class="tag tag-plus">{t.benefitPlus}</span> {t.benefitPlusText(percent(shop.own_rate_basis_points))}
        </p>
      )}
      {shop.payable_from && now && now < new Date(shop.payable_from) && <p class="hint">{t.from(date(shop.payable_from, language.value))}</p>}
    </section>
  );
}

/** Rows that link to `to`. With an amount, each row shows the benefit for it. */
export function ShopRows(props: { shops: Shop[]; to: (shop: string) => string; amount: number | null }) {
  const t = texts().shops;
  return (
    <ul class="rows">
      {props.shops.map((shop) => (
        <li key={shop.id}>
          <a class="row" href={props.to(shop.id)}>
            <span class="row-main">
              <span class="row-title">
                {shop.name}
                {shop.flags.includes('benefit_plus') && <span class="tag tag-plus">{t.benefitPlus}</span>}
              </span>
              <span class="row-text">{placeOf(shop)}</span>
            </span>
            {props.amount !== null && <Benefit shop={shop.id} amount={props.amount} />}
            <Icon name="right" />
          </a>
        </li>
      ))}
    </ul>
  );
}

/** The benefit at the shop, requested when the row becomes visible. */
function Benefit(props: { shop: string; amount: number }) {
  const t = texts().shops;
  const element = useRef<HTMLSpanElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (seen || !element.current) return;
    const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && setSeen(true));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [seen]);
  const quote = useAnswer(seen ? () => inTurn(() => askQuote(props.shop, props.amount, { plan: true })) : null, [props.shop, props.amount, seen]);
  const { value } = quote;
  const gain = value ? value.cashback + value.discount : 0;
  return (
    <span ref={element} class="row-side benefit">
      {!value && !quote.problem && <span class="waiting-word" aria-hidden="true" />}
      {value &&
        (value.decline && value.decline.reason !== 'insufficient_funds' ? (
          <span class="row-text">{t.cannotPay}</span>
        ) : gain > 0 ? (
          <>
            <span class="won won-gain">+{won(gain, language.value)}</span>
            <span class="row-text">{percent((gain / props.amount) * 10_000)}</span>
          </>
        ) : (
          <span class="row-text">{t.nothing}</span>
        ))}
    </span>
  );
}

const AT_ONCE = 3;
let running = 0;
const queue: (() => void)[] = [];

/** Few at once, so that a list does not delay what the person does next. */
async function inTurn<T>(ask: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((go) => queue.push(go));
  running++;
  try {
    return await ask();
  } finally {
    running--;
    queue.shift()?.();
  }
}

/** District and category are in the address, so that going back finds the list as it was. */
export function ShopFinder(props: { to: (shop: string) => string; withBenefit?: boolean }) {
  const t = texts().shops;
  const { query, path, route } = useLocation();
  const policy = useAnswer(policyInForce, []);
  const chosen = { district: query.district ?? '', category: query.category ?? '', amount: Number(query.amount) || 10_000 };
  const choose = (change: Partial<typeof chosen>) => {
    const next = { ...chosen, ...change };
    const search = new URLSearchParams();
    if (next.district) search.set('district', next.district);
    if (next.category) search.set('category', next.category);
    if (next.amount !== 10_000) search.set('amount', String(next.amount));
    route(`${path}?${search}`, true);
  };
  return (
    <Answered answer={policy}>
      {({ merchants }) => {
        const where = chosen.district || merchants.districts[0] || '';
        const excluded = new Set(merchants.excluded_categories ?? []);
        const named = (ids: string[], name: typeof category): [string, string][] =>
          ids.map((id): [string, string] => [id, name(id, language.value)]);
        return (
          <>
            <div class="filters">
              <SelectField
                id="district"
                label={t.district}
                value={where}
                onValue={(district) => choose({ district })}
                options={named(merchants.districts, district)}
              />
              <SelectField
                id="category"
                label={t.category}
                value={chosen.category}
                onValue={(category) => choose({ category })}
                options={[['', common().all], ...named(merchants.categories.filter((id) => !excluded.has(id)), category)]}
              />
              {props.withBenefit && (
                <SelectField
                  id="amount"
                  label={t.amount}
                  value={String(chosen.amount)}
                  onValue={(amount) => choose({ amount: Number(amount) })}
                  options={AMOUNTS.map((amount) => [String(amount), won(amount, language.value)])}
                />
              )}
            </div>
            <FoundShops key={`${where}/${chosen.category}`} {...props} district={where} category={chosen.category} amount={chosen.amount} />
          </>
        );
      }}
    </Answered>
  );
}

function FoundShops(props: { district: string; category: string; amount: number; to: (shop: string) => string; withBenefit?: boolean }) {
  const t = texts().shops;
  const pages = usePages(async (cursor) => {
    const query = {
      district: props.district,
      ...(props.category ? { category: props.category } : {}),
      ...(cursor ? { cursor } : {}),
    };
    const body = await answer(api.GET('/merchants', { params: { query } }));
    return { entries: body.merchants, cursor: body.cursor };
  });
  const list = useRef<HTMLDivElement>(null);
  const shops = pages.entries;
  if (!shops) return pages.problem ? <ProblemNote problem={pages.problem} again={pages.next} /> : <Waiting lines={4} />;
  return (
    <>
      <p class="hint" role="status">
        {shops.length > 0 ? t.count(shops.length) : ''}
      </p>
      {shops.length === 0 ? (
        <div class="empty">
          <Icon name="shops" />
          <p class="empty-title">{t.empty}</p>
          <p>{t.emptyText}</p>
        </div>
      ) : (
        <div class="card card-list" ref={list}>
          <ShopRows shops={shops} to={props.to} amount={props.withBenefit ? props.amount : null} />
        </div>
      )}
      <More pages={pages} list={list} />
    </>
  );
}
