/** Shows the clock, and moves it by an update of the stack, whose progress it shows. */
import { useEffect, useState } from 'preact/hooks';
import { useAnswer } from '../../../shared/api/asking.ts';
import { asProblem, type Problem } from '../../../shared/api/problem.ts';
import { language } from '../../../shared/i18n/language.ts';
import { cityTime, dayAfter, dayOf, longDate, monthAfter, monthOf, time, within } from '../../../shared/time.ts';
import { DayField, TimeField, typedTime } from '../../../shared/ui/dates.tsx';
import { Page } from '../../../shared/ui/page.tsx';
import { readCity, send, type Work } from '../console.ts';
import { CityTime } from '../parts/city-time.tsx';
import { Progress, Refused } from '../parts/parts.tsx';
import { texts } from '../texts.ts';
import { follow, useWork } from '../work.ts';

const DAY_MS = 86_400_000;
/** Ten years. */
const FURTHEST_DAYS = 3_650;

export function ClockView() {
  const t = texts().clock;
  const city = useAnswer(readCity, []);
  const work = useWork();
  const now = city.value && cityTime();
  const [problem, setProblem] = useState<Problem | null>(null);
  const moving = work?.status === 'running';
  const moved = work?.kind === 'clock' && work.status === 'done' ? work.result : null;
  useEffect(() => {
    if (moved) city.again();
  }, [work?.number, work?.status]);

  const jump = (to: (now: Date) => string) => {
    const from = cityTime();
    if (from) void move(to(from));
  };
  const move = async (at: string) => {
    setProblem(null);
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
            {jumps().map(([name, to]) => (
              <button key={name} type="button" class="button button-quiet" disabled={moving || !now} onClick={() => jump(to)}>
                {name}
              </button>
            ))}
          </div>
        </section>
        {now && <MoveTo now={now} moving={moving} move={(at) => void move(at)} />}
      </div>
      <Refused problem={problem ?? city.problem} />
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

/** A day and a time to move to. */
function MoveTo(props: { now: Date; moving: boolean; move: (at: string) => void }) {
  const t = texts().clock;
  const today = dayOf(props.now);
  const last = dayAfter(today, FURTHEST_DAYS);
  const [chosen, choose] = useState(dayAfter(today, 1));
  const [typed, type] = useState('09:00');
  const [fault, setFault] = useState(false);
  const submit = (event: Event) => {
    event.preventDefault();
    const at = typedTime(typed);
    setFault(at === null);
    if (at) props.move(`${within(chosen, today, last)}T${at}:00+09:00`);
  };
  return (
    <form class="column card" onSubmit={submit} noValidate>
      <DayField id="to" label={t.to} value={chosen} onValue={choose} first={today} last={last} />
      <TimeField id="at" label={t.at} hint={t.atHint} fault={fault ? t.noTime : null} value={typed} onValue={type} />
      <div class="actions">
        <button type="submit" class="button" disabled={props.moving}>
          {t.move}
        </button>
      </div>
    </form>
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
function jumps(): [string, (now: Date) => string][] {
  const t = texts().clock;
  const nextMonth = (now: Date) => `${monthAfter(monthOf(now), 1)}-01`;
  return [
    [t.hour, (now) => new Date(now.getTime() + DAY_MS / 24).toISOString()],
    [t.tomorrow, (now) => `${dayAfter(dayOf(now), 1)}T09:00:00+09:00`],
    [t.monthEnd, (now) => new Date(Date.parse(`${nextMonth(now)}T00:00:00+09:00`) - 120_000).toISOString()],
    [t.nextMonth, (now) => `${nextMonth(now)}T09:00:00+09:00`],
  ];
}
