/** A month's cashback, and how much of the policy's limits a wallet has used. */
import { answer } from '../../shared/api/client.ts';
import { monthAfter, monthOf, cityTime } from '../../shared/time.ts';
import { api, walletId, type Correction, type Earning, type PolicyText, type Wallet } from './city.ts';

const MOST_PAGES = 40;

export type MonthOfCashback = { total: number; earnings: Earning[]; corrections: Correction[] };

/** Earnings and corrections of a month, page by page until `enough` says so. */
export async function cashbackOf(month: string, enough: (found: MonthOfCashback) => boolean = () => false): Promise<MonthOfCashback> {
  const id = await walletId();
  const found: MonthOfCashback = { total: 0, earnings: [], corrections: [] };
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const query: { month: string; cursor?: string } = cursor ? { month, cursor } : { month };
    const body: Awaited<ReturnType<typeof pageOf>> = await pageOf(id, query);
    found.total = page === 0 ? body.cashback : found.total;
    found.earnings.push(...body.earnings);
    found.corrections.push(...body.corrections);
    cursor = body.cursor;
    if (!cursor || enough(found)) break;
  }
  return found;
}

/** What each payment has earned in a month, after what cancellations changed. */
export function earnedBy(month: Pick<MonthOfCashback, 'earnings' | 'corrections'> | null): Map<string, number> {
  const found = new Map<string, number>();
  const add = (payment: string, won: number) => found.set(payment, (found.get(payment) ?? 0) + won);
  for (const each of month?.earnings ?? []) add(each.payment_id, each.cashback);
  for (const change of (month?.corrections ?? []).flatMap((each) => each.changes)) add(change.payment_id, change.won);
  return found;
}

function pageOf(id: string, query: { month: string; cursor?: string }) {
  return answer(api.GET('/wallets/{wallet_id}/cashback', { params: { path: { wallet_id: id }, query } }));
}

export type Limit = NonNullable<PolicyText['limits']>[number];
export type Band = { from: number; upTo: number | null; rate: number | 'merchant'; used: number };
export type Usage = { limit: Limit; used: number; amount: number | null; layers: { id: string; title: PolicyText['title']; bands: Band[] }[] };

/** How much of each limit that counts now is used, and for limits of spending the bands of the layers that count in it. */
export function usageOf(policy: PolicyText, wallet: Wallet): Usage[] {
  const now = cityTime();
  if (!now) return [];
  const commands = new Set(
    policy.layers.filter((layer) => /discount|top_up/.test(layer.gives ?? '')).flatMap((layer) => layer.limits ?? []),
  );
  for (const id of policy.wallet.top_up_limits ?? []) commands.add(id);
  return (policy.limits ?? [])
    .filter((limit) => isOpen(limit, now))
    .map((limit) => {
      const counted = commands.has(limit.id) ? wallet.taken : wallet.used;
      const name = windowName(limit, now);
      const used = counted[`${limit.id}@${name}`] ?? 0;
      return { limit, used, amount: amountOf(limit, counted, name), layers: layersOf(policy, limit, used) };
    });
}

function layersOf(policy: PolicyText, limit: Limit, used: number): Usage['layers'] {
  if (limit.measure !== 'spend') return [];
  return policy.layers
    .filter((layer) => layer.limits?.includes(limit.id) && layer.bands)
    .map((layer) => ({
      id: layer.id,
      title: layer.title,
      bands: (layer.bands ?? []).map((band) => {
        const end = Math.min(band.up_to ?? Infinity, limit.amount ?? Infinity);
        return {
          from: band.from,
          upTo: Number.isFinite(end) ? end : null,
          rate: band.rate_basis_points,
          used: Math.max(Math.min(used, end) - band.from, 0),
        };
      }),
    }));
}

/** A limit that carries over also has the rest of the window before, where the wallet still stores it. */
function amountOf(limit: Limit, counted: Record<string, number>, name: string): number | null {
  if (limit.amount === null || !limit.carries_over_from) return limit.amount;
  const before = counted[`${limit.id}@${nameBefore(limit, name)}`];
  return before === undefined ? limit.amount : limit.amount + Math.max(limit.amount - before, 0);
}

function isOpen(limit: Limit, now: Date): boolean {
  return (!limit.from || Date.parse(limit.from) <= +now) && (!limit.until || +now < Date.parse(limit.until));
}

/** The window's name as the wallet keeps use under it: `2021-01`, `2021-01-2`, `2021`, `until-2024-10`. */
export function windowName(limit: Limit, at: Date): string {
  const month = monthOf(at);
  if (limit.window === 'event') return limit.until ? `until-${monthOf(limit.until)}` : month;
  if (limit.window === 'year') return month.slice(0, 4);
  if (limit.window === 'month') return month;
  const day = Number(new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Seoul', day: 'numeric' }).format(at));
  return `${month}-${day <= 15 ? 1 : 2}`;
}

function nameBefore(limit: Limit, name: string): string {
  if (limit.window === 'year') return String(Number(name) - 1);
  if (limit.window === 'half_month') return name.endsWith('-2') ? `${name.slice(0, 7)}-1` : `${monthAfter(name.slice(0, 7), -1)}-2`;
  return monthAfter(name, -1);
}
