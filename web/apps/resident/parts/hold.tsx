/** The state of a hold: how much the shop captured, how much is still on hold, and how much came back. */
import type { Schemas } from '../../../shared/api/client.ts';
import { language } from '../../../shared/i18n/language.ts';
import { dateAndTime } from '../../../shared/time.ts';
import { UsageBar } from '../../../shared/ui/chart.tsx';
import { Won } from '../../../shared/ui/money.tsx';
import { Facts } from '../../../shared/ui/table.tsx';
import { texts } from '../texts.ts';

type Progress = Schemas['PaymentProgressBody'];

export function HoldProgress(props: { payment: Progress }) {
  const t = texts().payment.hold;
  const { payment } = props;
  const open = payment.held > 0;
  return (
    <section class="card" aria-labelledby="hold">
      <h2 id="hold">{t.title}</h2>
      {(open || payment.captured > 0) && <UsageBar title={t.chart(payment.captured, payment.amount)} segments={[{ size: payment.amount, used: payment.captured }]} />}
      <Facts
        rows={[
          [t.promised, <Won amount={payment.amount} />],
          [t.captured, <Won amount={payment.captured} class="won-strong" />],
          open && [t.open, <Won amount={payment.held} class="won-strong" />],
          payment.released > 0 && [t.released, <Won amount={payment.released} sign class="won-gain" />],
          open && payment.expires_at ? [texts().payment.holdUntil, dateAndTime(payment.expires_at, language.value)] : null,
        ]}
      />
      <p class="hint">{open ? t.later : payment.captured > 0 ? t.done : t.nothing}</p>
    </section>
  );
}
