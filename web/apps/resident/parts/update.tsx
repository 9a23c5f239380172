import { useSignal } from '@preact/signals';
import { common } from '../../../shared/i18n/texts.ts';
import { update, waiting } from '../updates.ts';

/** A new version of the app waits: it is used when the person agrees. */
export function UpdatePrompt() {
  const postponed = useSignal(false);
  const t = common().update;
  if (!waiting.value || postponed.value) return null;
  return (
    <div class="note note-info" role="status">
      <p>{t.text}</p>
      <div class="actions">
        <button type="button" class="button button-quiet" onClick={update}>
          {t.now}
        </button>
        <button type="button" class="button button-plain" onClick={() => (postponed.value = true)}>
          {t.later}
        </button>
      </div>
    </div>
  );
}
