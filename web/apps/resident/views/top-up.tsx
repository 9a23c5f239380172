import { useSignal } from '@preact/signals';
import { useAnswer } from '../../../shared/api/asking.ts';
import { Answered } from '../../../shared/ui/answer.tsx';
import { Won } from '../../../shared/ui/money.tsx';
import { Page } from '../../../shared/ui/page.tsx';
import { Facts } from '../../../shared/ui/table.tsx';
import { policyInForce, readWallet, type PolicyText, type Wallet } from '../city.ts';
import { texts } from '../texts.ts';

/** How money comes into the wallet: by the bank, which needs the wallet's number. */
export function TopUp() {
  const t = texts().topUp;
  const both = useAnswer(() => Promise.all([policyInForce(), readWallet()]), []);
  return (
    <Page title={t.title} app={texts().app} lead={t.text}>
      <Answered answer={both}>
        {([policy, wallet]) => (
          <>
            <Number id={wallet.id} />
            <Rules policy={policy} wallet={wallet} />
          </>
        )}
      </Answered>
    </Page>
  );
}

function Number(props: { id: string }) {
  const t = texts().topUp;
  const copied = useSignal(false);
  const copy = () => {
    navigator.clipboard?.writeText(props.id).then(
      () => (copied.value = true),
      () => undefined,
    );
  };
  return (
    <section class="card" aria-labelledby="number">
      <h2 id="number">{t.wallet}</h2>
      <p class="id id-large">{props.id}</p>
      <div class="actions">
        <button type="button" class="button button-quiet" onClick={copy}>
          {t.copy}
        </button>
        <span role="status">{copied.value ? t.copied : ''}</span>
      </div>
    </section>
  );
}

function Rules(props: { policy: PolicyText; wallet: Wallet }) {
  const t = texts().topUp;
  const rules = props.policy.wallet;
  const { wallet } = props;
  const limit = wallet.verified ? rules.holding_limit_verified : rules.holding_limit;
  // The limit is of the loaded balance alone.
  const held = wallet.purses.charged ?? 0;
  return (
    <section class="card" aria-labelledby="rules">
      <h2 id="rules">{t.rules}</h2>
      <Facts
        rows={[
          [t.minimum, <Won amount={rules.minimum_top_up} />],
          [t.holding, <Won amount={limit} />],
          [t.room, <Won amount={Math.max(limit - held, 0)} class="won-strong" />],
        ]}
      />
      <p class="hint">{wallet.verified ? t.verified : t.unverified(rules.holding_limit_verified)}</p>
    </section>
  );
}
