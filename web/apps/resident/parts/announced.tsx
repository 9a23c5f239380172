/** What the city announced, in plain words. */
import type { Schemas } from '../../../shared/api/client.ts';
import { language } from '../../../shared/i18n/language.ts';
import { told } from '../../../shared/i18n/texts.ts';
import { date } from '../../../shared/time.ts';
import { texts } from '../texts.ts';

export function Announced(props: { announced: Schemas['AnnouncedBody'][]; brief?: boolean }) {
  const t = texts();
  return (
    <ul class="announced">
      {props.announced.map((each) => (
        <li key={`${each.what}${each.start}`}>
          <p class="announced-when">
            <span class="tag">{t.policy.whats[each.what] ?? each.what}</span>
            {t.planner.coming(date(each.start, language.value))}
          </p>
          <p class="announced-title">{told(each.title)}</p>
          {!props.brief && <Changes changes={each.changes} />}
        </li>
      ))}
    </ul>
  );
}

/** The name and the start of a version are shown above its changes. */
const SAID_ABOVE = /^(title|starts_at)$|\.title$/;


/** Each sentence begins with its kind: new, better, less or ends. */
export function Changes(props: { changes: Schemas['PolicyChangeBody'][] }) {
  const changes = props.changes.filter((change) => !SAID_ABOVE.test(change.about));
  if (changes.length === 0) return null;
  return (
    <details class="more-of-it">
      <summary>{texts().policy.changes(changes.length)}</summary>
      <ul class="changes">
        {changes.map((change) => (
          <li key={change.about + change.ko} class={`change-${change.kind}`}>
            {told(change)}
          </li>
        ))}
      </ul>
    </details>
  );
}
