/** Why a payment earned what it earned: one sentence, and a table of rules, bands, rates and who pays. */
import { useAnswer } from '../../../shared/api/asking.ts';
import { language } from '../../../shared/i18n/language.ts';
import { funder } from '../../../shared/i18n/names.ts';
import { told } from '../../../shared/i18n/texts.ts';
import { percent } from '../../../shared/money.ts';
import { dateAndTime } from '../../../shared/time.ts';
import { Waiting } from '../../../shared/ui/answer.tsx';
import { Won } from '../../../shared/ui/money.tsx';
import { Facts, Table } from '../../../shared/ui/table.tsx';
import { policyOf, type Earning, type PolicyText } from '../city.ts';
import { path } from '../paths.ts';
import { texts } from '../texts.ts';
import { layerTitle } from './quote.tsx';

type Reward = Earning['rewards'][number];

/** `changed` is what cancellations changed in this payment's cashback, in won. */
export function Why(props: { earnings: Earning[]; changed: number }) {
  const versions = [...new Set(props.earnings.map((each) => each.policy))];
  const policies = useAnswer(async () => new Map(await Promise.all(versions.map(async (each) => [each, await policyOf(each)] as const))), [versions]);
  const t = texts().payment;
  const total = props.earnings.reduce((sum, each) => sum + each.cashback, 0);
  const several = props.earnings.length > 1;
  return (
    <>
      <p class="earned">
        {t.earned} <Won amount={total} sign class="won-gain won-large" />
      </p>
      {props.changed !== 0 && (
        <Facts
          rows={[
            [t.changedByRefunds, <Won amount={props.changed} sign />],
            [t.earnedAfter, <Won amount={total + props.changed} class="won-strong" />],
          ]}
        />
      )}
      {/* Without the policy's titles the sentence names layers by their ids. So it waits for the titles, and uses ids only if they fail to load. */}
      {policies.waiting && <Waiting lines={3} />}
      {!policies.waiting &&
        props.earnings.map((earning, number) => (
          <One key={number} earning={earning} policy={policies.value?.get(earning.policy) ?? null} title={several ? t.capture(number + 1, dateAndTime(earning.accepted_at, language.value)) : null} />
        ))}
      <FundersOf rewards={props.earnings.flatMap((each) => each.rewards)} />
      {[...(policies.value?.values() ?? [])].map((policy) => (
        <p key={policy.version} class="hint">
          {t.policy}: <a href={path.policy()}>{told(policy.title)}</a>
        </p>
      ))}
    </>
  );
}

/** The sentence alone, which tests compare with the table's figures. */
export function sentence(earning: Earning, policy: PolicyText | null): string {
  const t = texts().payment;
  if (earning.rewards.length === 0 || earning.cashback === 0) return earning.base === 0 ? t.nothingNoBase : t.nothingLimit;
  const parts = earning.rewards.map((reward) => {
    const title = layerTitle(policy, reward.layer);
    const bands = reward.bands.filter((band) => band.base > 0);
    const rates = bands.map((band) =>
      bands.length === 1 ? percent(band.rate_basis_points) : t.partOf(percent(band.rate_basis_points), band.base),
    );
    return t.part(title, rates);
  });
  return t.sentence(earning.base, earning.cashback, parts);
}

function One(props: { earning: Earning; policy: PolicyText | null; title: string | null }) {
  const t = texts();
  const { earning, policy } = props;
  const columns = t.payment.columns;
  return (
    <>
      {props.title && <h3>{props.title}</h3>}
      <p>{sentence(earning, policy)}</p>
      {earning.cut.map((cut) => (
        <p key={cut.layer} class="hint">
          {t.cuts.budget_used_up(layerTitle(policy, cut.layer), cut.given)}
        </p>
      ))}
      {earning.rewards.length > 0 && (
        <Table
          caption={t.payment.why}
          hideCaption
          columns={[
            { title: columns.layer, cell: (row: Row) => row.title },
            { title: columns.base, cell: (row) => (row.base === null ? '' : <Won amount={row.base} />), amount: true },
            { title: columns.rate, cell: (row) => row.rate, amount: true },
            { title: columns.won, cell: (row) => (row.won === null ? '' : <Won amount={row.won} />), amount: true },
          ]}
          rows={earning.rewards.flatMap((reward) => rowsOf(reward, policy))}
        />
      )}
    </>
  );
}

/** Who pays for it, over all rewards. */
function FundersOf(props: { rewards: Reward[] }) {
  const sums = new Map<string, number>();
  for (const [id, won] of props.rewards.flatMap((reward) => Object.entries(reward.funders))) sums.set(id, (sums.get(id) ?? 0) + won);
  const paying = [...sums].filter(([, won]) => won !== 0);
  if (paying.length === 0) return null;
  return (
    <>
      <h3>{texts().payment.whoPays}</h3>
      <Facts rows={paying.map(([id, won]) => [funder(id, language.value), <Won amount={won} />])} />
    </>
  );
}

type Row = { title: string; base: number | null; rate: string; won: number | null };

/** A row for each band; what the layer gave in its first. */
function rowsOf(reward: Reward, policy: PolicyText | null): Row[] {
  const title = layerTitle(policy, reward.layer);
  const bands = reward.bands.filter((band) => band.base > 0);
  if (bands.length === 0) return [{ title, base: null, rate: texts().payment.fixed, won: reward.won }];
  return bands.map((band, number) => ({
    title,
    base: band.base,
    rate: percent(band.rate_basis_points),
    won: number === 0 ? reward.won : null,
  }));
}
