/** Shows the clock, and moves it by an update of the stack, whose progress it shows. */
import { useEffect, useState } from 'preact/hooks';
import { useAnswer } from '../../../shared/api/asking.ts';
import { asProblem, type Problem } from '../../../shared/api/problem.ts';
import { language } from '../../../shared/i18n/language.ts';
import { cityTime, dayOf, longDate, monthAfter, monthOf, time } from '../../../shared/time.ts';
import { Page } from '../../../shared/ui/page.tsx';
import { readCity, send, type Work } from '../console.ts';
import { CityTime } from '../parts/city-time.tsx';
import { Progress, Refused } from '../parts/parts.tsx';
import { texts } from '../texts.ts';
import { follow, useWork } from '../work.ts';

const DAY_MS = 86_400_000;

export function ClockView() {
  const t = texts().clock;
  const city = useAnswer(readCity, []);
  const work = useWork();
  const [to, setTo] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [fault, setFault] = useState(false);
  const moving = work?.status === 'running';
  const moved = work?.kind === 'clock' && work.status === 'done' ? work.result : null;
  useEffect(() => {
    if (moved) city.again();
  }, [work?.number, work?.status]);

  const move = async (at: string) => {
    setProblem(null);
    setFault(at === '');
    if (at === '') return;
    try {
      await follow(await send<Work>('clock', { at }));
    } catch (thrown) {
      setProblem(asProblem(thrown));
    }
  };
  return (
    <Page title={t.title} app={texts().app} lead={t.lead}>
      <section class="local-now" aria-labelledby="now">
        <div>
          <h2 id="now">{t.now}</h2>
          <CityTime />
        </div>
      </section>
      <div class="columns">
        <section class="column card" aria-labelledby="jumps">
          <h2 id="jumps">{t.jumps}</h2>
          <div class="local-jumps">
            {jumps().map(([name, at]) => (
              <button key={name} type="button" class="button button-quiet" disabled={moving} onClick={() => void move(at())}>
                {name}
              </button>
            ))}
          </div>
        </section>
        <form
          class="column card"
          onSubmit={(event) => {
            event.preventDefault();
            void move(to);
          }}
        >
          <div class={`field ${fault ? 'field-faulty' : ''}`}>
            <label for="to">{t.to}</label>
            <input
              id="to"
              type="datetime-local"
              value={to}
              aria-describedby="to-hint"
              aria-invalid={fault ? 'true' : undefined}
              onInput={(event) => setTo(event.currentTarget.value)}
            />
            <p id="to-hint" class={fault ? 'fault' : 'hint'}>
              {fault ? t.empty : t.toHint}
            </p>
          </div>
          <button type="submit" class="button" disabled={moving}>
            {t.move}
          </button>
        </form>
      </div>
      <Refused problem={problem} />
      {moving && (
        <p class="lead" role="status">
          {work.kind === 'clock' ? t.moving : texts().busy}
        </p>
      )}
      {work?.kind === 'clock' && (moving || work.status === 'failed') && <Progress work={work} />}
      {moved && <Moved at={String(moved.time)} due={(moved.due as string[] | undefined) ?? []} />}
    </Page>
  );
}

function Moved(props: { at: string; due: string[] }) {
  const t = texts().clock;
  return (
    <section class="note note-info">
      <p role="status">{t.moved(`${longDate(props.at, language.value)} ${time(props.at)}`)}</p>
      {props.due.length === 0 ? <p>{t.noneDue}</p> : <h2 class="note-title">{t.due}</h2>}
      <ul lang="en">
        {props.due.map((name) => (
          <li key={name}>
            <code>{name}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Names and instants; each is counted from the city's time when it is chosen. */
function jumps(): [string, () => string][] {
  const t = texts().clock;
  const from = (instant: (now: Date) => string) => () => {
    const now = cityTime();
    return now ? instant(now) : '';
  };
  const nextMonth = (now: Date) => `${monthAfter(monthOf(now), 1)}-01`;
  return [
    [t.hour, from((now) => new Date(now.getTime() + DAY_MS / 24).toISOString())],
    [t.tomorrow, from((now) => `${dayOf(new Date(now.getTime() + DAY_MS))}T09:00:00+09:00`)],
    [t.monthEnd, from((now) => new Date(Date.parse(`${nextMonth(now)}T00:00:00+09:00`) - 120_000).toISOString())],
    [t.nextMonth, from((now) => `${nextMonth(now)}T09:00:00+09:00`)],
  ];
}
