import { useAnswer } from '../../../shared/api/asking.ts';
import { answer, type Schemas } from '../../../shared/api/client.ts';
import { language } from '../../../shared/i18n/language.ts';
import { category, district } from '../../../shared/i18n/names.ts';
import { told } from '../../../shared/i18n/texts.ts';
import { date, lastDay } from '../../../shared/time.ts';
import { Answered } from '../../../shared/ui/answer.tsx';
import { Page } from '../../../shared/ui/page.tsx';
import { api, comingPolicies, policyInForce, type PolicyText } from '../city.ts';
import { Announced } from '../parts/announced.tsx';
import { texts } from '../texts.ts';

/** The policy in force and what will change, in plain words. Open to everybody. */
export function Policy() {
  const t = texts().policy;
  const inForce = useAnswer(async () => {
    const policy = await policyInForce();
    const explanation = await answer(api.GET('/policies/{version}/explanation', { params: { path: { version: policy.version } } }));
    return { policy, explanation };
  }, []);
  const coming = useAnswer(comingPolicies, []);
  return (
    <Page title={t.title} app={texts().app}>
      <section class="card" aria-labelledby="coming">
        <h2 id="coming">{t.coming}</h2>
        <Answered answer={coming}>
          {(announced) => (announced.length > 0 ? <Coming announced={announced} /> : <p class="empty">{t.none}</p>)}
        </Answered>
      </section>
      <section class="card" aria-labelledby="in-force">
        <h2 id="in-force">{t.inForce}</h2>
        <Answered answer={inForce} lines={6}>
          {({ policy, explanation }) => <InForce policy={policy} explanation={explanation} />}
        </Answered>
      </section>
    </Page>
  );
}

const SHOWN_AT_ONCE = 3;

function Coming(props: { announced: Schemas['AnnouncedBody'][] }) {
  const later = props.announced.slice(SHOWN_AT_ONCE);
  return (
    <>
      <Announced announced={props.announced.slice(0, SHOWN_AT_ONCE)} />
      {later.length > 0 && (
        <details class="more-of-it">
          <summary>{texts().policy.later(later.length)}</summary>
          <Announced announced={later} />
        </details>
      )}
    </>
  );
}

function InForce(props: { policy: PolicyText; explanation: Schemas['ExplanationBody'] }) {
  const t = texts().policy;
  const { policy, explanation } = props;
  const until = explanation.ends_at ? ` ${t.untilDay(lastDay(explanation.ends_at, language.value))}` : '';
  return (
    <>
      <p class="announced-title">{told(policy.title)}</p>
      <p class="hint">
        {t.since(date(explanation.starts_at, language.value))}
        {until}
      </p>
      {explanation.suspensions.length > 0 && <p class="note note-info">{t.suspended}</p>}
      <h3>{t.details}</h3>
      <dl class="rules">
        {bySubject(explanation.says).map(([subject, sentences]) => (
          <div key={subject}>
            <dt>{subject}</dt>
            {sentences.map((sentence) => (
              <dd key={sentence}>{sentence}</dd>
            ))}
          </div>
        ))}
      </dl>
      <p class="hint">{t.sources}</p>
    </>
  );
}

/** The name of a document does not matter to a member. */
const NOT_FOR_MEMBERS = new Set(['programme', 'version', 'title', 'starts_at', 'ends_at']);

function bySubject(says: Schemas['SaysBody'][]): [string, string[]][] {
  const found = new Map<string, string[]>();
  for (const each of says) {
    if (NOT_FOR_MEMBERS.has(each.about)) continue;
    const subject = told(each.subject);
    found.set(subject, [...(found.get(subject) ?? []), sentenceOf(each)]);
  }
  return [...found];
}

/** The English sentences list districts and categories by their words; here they have names. */
function sentenceOf(said: Schemas['SaysBody']): string {
  if (language.value === 'ko' || !/^merchants\.(excluded_)?(districts|categories)$/.test(said.about)) return told(said);
  const name = said.about.endsWith('districts') ? district : category;
  return told(said).replace(/\b(?!and\b)[a-z_]+\b/g, (word) => name(word, 'en'));
}
