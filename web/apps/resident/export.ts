/** The member's own data as files, which the browser makes from the API's answers. */
import { answer, type Schemas } from '../../shared/api/client.ts';
import { monthAfter } from '../../shared/time.ts';
import { api, readWallet } from './city.ts';
import { cashbackOf, type MonthOfCashback } from './months.ts';

type Paid = Schemas['PaymentProgressBody'];
export type OwnData = { wallet: Schemas['WalletBody']; months: { month: string; payments: Paid[]; cashback: MonthOfCashback }[] };

export const MOST_MONTHS = 12;

/** The months from `first` to `last`, both included; null where the order is wrong or there are too many. */
export function monthsBetween(first: string, last: string): string[] | null {
  const months: string[] = [];
  for (let month = first; month <= last; month = monthAfter(month, 1)) {
    months.push(month);
    if (months.length > MOST_MONTHS) return null;
  }
  return months.length > 0 ? months : null;
}

/** All of the months, page by page; `collected` is called with how many payments there are so far. */
export async function collect(months: string[], collected: (payments: number) => void): Promise<OwnData> {
  const wallet = await readWallet();
  const data: OwnData = { wallet, months: [] };
  let count = 0;
  for (const month of months) {
    const payments: Paid[] = [];
    let cursor: string | null = null;
    do {
      const page: Schemas['PaymentsBody'] = await paymentsPage(wallet.id, month, cursor);
      payments.push(...page.payments);
      count += page.payments.length;
      collected(count);
      cursor = page.cursor;
    } while (cursor);
    data.months.push({ month, payments, cashback: await cashbackOf(month) });
  }
  return data;
}

function paymentsPage(wallet_id: string, month: string, cursor: string | null): Promise<Schemas['PaymentsBody']> {
  const query = cursor ? { month, cursor } : { month };
  return answer(api.GET('/wallets/{wallet_id}/payments', { params: { path: { wallet_id }, query } }));
}

const COLUMNS = ['accepted_at', 'payment_id', 'merchant_id', 'status', 'amount', 'discount', 'paid', 'cancelled', 'cashback'];

/** Payments as CSV with a byte order mark; without it, spreadsheets garble Korean. */
export function csvOf(data: OwnData): string {
  const rows = data.months.flatMap(({ payments, cashback }) => {
    const earned = new Map<string, number>();
    for (const each of cashback.earnings) earned.set(each.payment_id, (earned.get(each.payment_id) ?? 0) + each.cashback);
    return payments.map((each) => [
      each.accepted_at ?? '',
      each.id ?? '',
      each.merchant_id,
      each.status,
      each.amount,
      each.discount ?? 0,
      each.paid ?? 0,
      each.cancelled,
      earned.get(each.id ?? '') ?? 0,
    ]);
  });
  return `\uFEFF${[COLUMNS, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

/** Quoted where it must be; what a spreadsheet would take for a formula gets an apostrophe. */
function cell(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
