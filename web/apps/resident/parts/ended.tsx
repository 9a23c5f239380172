import { common } from '../../../shared/i18n/texts.ts';
import { Dialog } from '../../../shared/ui/dialog.tsx';
import { session } from '../city.ts';

/** The session has ended while a view was open: sign in again and come back to the same place, with the draft. */
export function SessionEnded() {
  const t = common().ended;
  return (
    <Dialog title={t.title} open={session.state.value === 'ended'}>
      <p>{t.text}</p>
      <div class="actions">
        <button type="button" class="button" onClick={() => void session.signIn(location.pathname + location.search)}>
          {t.go}
        </button>
      </div>
    </Dialog>
  );
}
