/** How much of the policy's limits is left, as bars, sentences and tables. */
import { told } from '../../../shared/i18n/texts.ts';
import { percent } from '../../../shared/money.ts';
import { UsageBar } from '../../../shared/ui/chart.tsx';
import { Won } from '../../../shared/ui/money.tsx';
import { Table } from '../../../shared/ui/table.tsx';
import type { PolicyText, Wallet } from '../city.ts';
import { usageOf, type Band, type Usage } from '../months.ts';
import { texts } from '../texts.ts';

/** The first band with an amount left; a band without an end has no such amount. */
function openBand(bands: Band[]): Band | undefined {
  return bands.find((band) => band.upTo !== null && band.from + band.used < band.upTo);
}

function rateOf(rate: Band['rate']): string {
  return rate === 'merchant' ? texts().limits.merchantRate : percent(rate);
}

/** One line and one bar for each limit; all of it with tables if `full`. */
export function LimitSummary(props: { policy: PolicyText; wallet: Wallet; full?: boolean }) {
  const t = texts().limits;
  const usage = usageOf(props.policy, props.wallet);
  if (usage.length === 0) return <p class="empty">{t.none}</p>;
  return (
    <>
      {usage.map((each) => (
        <LimitBar key={each.limit.id} usage={each} full={props.full ?? false} />
      ))}
      {props.wallet.cashback_pending > 0 && <p class="hint">{t.pending}</p>}
    </>
  );
}

function LimitBar(props: { usage: Usage; full: boolean }) {
  const t = texts().limits;
  const { limit, used, amount, layers } = props.usage;
  const measure = limit.title ? told(limit.title) : t.measures[limit.measure];
  const Heading = props.full ? 'h2' : 'h3';
  const left = amount === null ? null : Math.max(amount - used, 0);
  return (
    <section class="limit">
      <div class="limit-head">
        <Heading>
          {measure} <span class="hint">{t.windows[limit.window]}</span>
        </Heading>
        {left !== null && <strong class="limit-left">{t.left(left)}</strong>}
      </div>
      {amount === null || left === null ? (
        <p class="hint">{t.unlimited(used)}</p>
      ) : (
        <>
          <UsageBar title={t.chart(measure, Math.min(used, amount), amount)} segments={segmentsOf(props.usage, amount)} />
          <p class="hint">{t.used(Math.min(used, amount), amount)}</p>
        </>
      )}
      {layers.map((layer) => {
        const band = openBand(layer.bands);
        const title = told(layer.title);
        return (
          <div key={layer.id}>
            <p class="limit-say">
              {band ? t.bandLeft(title, rateOf(band.rate), (band.upTo ?? 0) - band.from - band.used) : t.bandsDone(title)}
            </p>
            {props.full && <BandTable title={title} bands={layer.bands} />}
          </div>
        );
      })}
    </section>
  );
}

/** The bands of the only layer that has them, else the limit as a whole. */
function segmentsOf(usage: Usage, amount: number): { size: number; used: number }[] {
  const bands = usage.layers.length === 1 ? (usage.layers[0]?.bands ?? []) : [];
  const ends = bands.every((band) => band.upTo !== null) && bands.at(-1)?.upTo === amount;
  if (bands.length < 2 || !ends) return [{ size: amount, used: usage.used }];
  return bands.map((band) => ({ size: (band.upTo ?? 0) - band.from, used: band.used }));
}

function BandTable(props: { title: string; bands: Band[] }) {
  const t = texts().limits;
  return (
    <Table
      caption={props.title}
      columns={[
        { title: t.band, cell: (band: Band) => t.upTo(band.from, band.upTo) },
        { title: t.rate, cell: (band) => rateOf(band.rate), amount: true },
        { title: t.leftOf, cell: (band) => (band.upTo === null ? '' : <Won amount={band.upTo - band.from - band.used} />), amount: true },
      ]}
      rows={props.bands}
    />
  );
}

