import { useAnswer } from '../../../shared/api/asking.ts';
import { shopOf } from '../city.ts';
import { unfinished } from '../paying.ts';
import { path } from '../paths.ts';
import { texts } from '../texts.ts';

/** A payment whose outcome was never shown, after a reload or the end of a session, and a button that asks for it. */
export function UnfinishedPayment() {
  const t = texts().pay;
  const draft = unfinished();
  const shop = useAnswer(draft ? () => shopOf(draft.shop) : null, [draft?.shop]);
  if (!draft?.sent) return null;
  return (
    <div class="note note-warning" role="alert">
      <p>{t.unfinished(shop.value?.name ?? '', draft.sent)}</p>
      <div class="actions">
        <a class="button button-quiet" href={path.payAt(draft.shop)}>
          {t.check}
        </a>
      </div>
    </div>
  );
}
