import { language } from '../../../shared/i18n/language.ts';
import { common } from '../../../shared/i18n/texts.ts';
import { dateAndTime } from '../../../shared/time.ts';
import { BigWon } from '../../../shared/ui/money.tsx';
import { Page } from '../../../shared/ui/page.tsx';
import { spendable, wallet } from '../city.ts';
import { texts } from '../texts.ts';

/** Without a connection: the last balance with its time, while this page is open. It is not stored. */
export function Offline() {
  const t = texts().offline;
  const last = wallet.value;
  return (
    <Page title={t.title} app={texts().app} lead={t.text}>
      {last && (
        <section class="card">
          {last.at && <p class="hint">{t.last(dateAndTime(last.at, language.value))}</p>}
          <BigWon amount={spendable(last.body)} />
        </section>
      )}
      <div class="actions">
        <button type="button" class="button" onClick={() => location.reload()}>
          {common().again}
        </button>
      </div>
    </Page>
  );
}
