import { useAnswer } from '../../../shared/api/asking.ts';
import { shopOf } from '../city.ts';
import { unfinished } from '../paying.ts';
import { path } from '../paths.ts';
import { texts } from '../texts.ts';

/** A payment whose outcome was never seen, after a reload or a session that ended: the way to find out. */
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
