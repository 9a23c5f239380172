import { expect, test } from 'vitest';
import { csvOf, monthsBetween, type OwnData } from '../export.ts';

test('up to twelve months, in order', () => {
  expect(monthsBetween('2020-11', '2021-02')).toEqual(['2020-11', '2020-12', '2021-01', '2021-02']);
  expect(monthsBetween('2021-01', '2021-12')).toHaveLength(12);
  expect(monthsBetween('2021-01', '2022-01')).toBeNull();
  expect(monthsBetween('2021-02', '2021-01')).toBeNull();
});

test('CSV has a byte order mark, quotes, and no formula', () => {
  const payment = { id: '=1+1', merchant_id: 'a,"b"', status: 'approved', amount: 100, paid: 90, discount: 10, cancelled: 0, accepted_at: '2021-01-05T10:00:00+09:00' };
  const data = {
    wallet: {},
    months: [{ month: '2021-01', payments: [payment], cashback: { total: 9, earnings: [{ payment_id: '=1+1', cashback: 9 }], corrections: [] } }],
  } as unknown as OwnData;
  const [head, row] = csvOf(data).split('\r\n');
  expect(head).toBe('\uFEFFaccepted_at,payment_id,merchant_id,status,amount,discount,paid,cancelled,cashback');
  expect(row).toBe(`2021-01-05T10:00:00+09:00,'=1+1,"a,""b""",approved,100,10,90,0,9`);
});
