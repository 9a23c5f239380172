/** A day in the city: the demonstration, with its progress and its result. */
import { useState } from 'preact/hooks';
import { asProblem, type Problem } from '../../../shared/api/problem.ts';
import { Won } from '../../../shared/ui/money.tsx';
import { Page } from '../../../shared/ui/page.tsx';
import { Facts } from '../../../shared/ui/table.tsx';
import { send, type Work } from '../console.ts';
import { Progress, Refused } from '../parts/parts.tsx';
import { path } from '../paths.ts';
import { texts } from '../texts.ts';
import { follow, useWork } from '../work.ts';

export function Day() {
  const t = texts().day;
  const work = useWork();
  const [problem, setProblem] = useState<Problem | null>(null);
  const running = work?.status === 'running';
  const mine = work?.kind === 'day' ? work : null;
  const start = async () => {
    setProblem(null);
    try {
      await follow(await send<Work>('days', {}));
    } catch (thrown) {
      setProblem(asProblem(thrown));
    }
  };
  return (
    <Page title={t.title} app={texts().app} lead={t.lead}>
      <div class="actions">
        <button type="button" class="button" disabled={running} onClick={() => void start()}>
          {mine?.status === 'done' ? t.again : t.start}
        </button>
      </div>
      {running && !mine && <p role="status">{texts().busy}</p>}
      <Refused problem={problem} />
      {mine && <Progress work={mine} />}
      {mine?.status === 'done' && mine.result && <Result result={mine.result as Record<string, number>} />}
    </Page>
  );
}

function Result(props: { result: Record<string, number> }) {
  const t = texts().day;
  const { payments = 0, declined = 0, paid = 0, given_back: givenBack = 0, cashback = 0, seconds = 0 } = props.result;
  return (
    <section class="card local-result" aria-labelledby="result">
      <div role="status">
        <h2 id="result">{t.done}</h2>
      </div>
      <Facts
        rows={[
          [t.payments, t.times(payments)],
          [t.declined, t.times(declined)],
          [t.paid, <Won amount={paid} />],
          [t.givenBack, <Won amount={givenBack} />],
          [t.cashback, <Won amount={cashback} />],
          [t.seconds, t.inSeconds(seconds, Math.round(payments / Math.max(seconds, 0.1)))],
        ]}
      />
      <a class="button button-quiet" href={path.journal()}>
        {t.look}
      </a>
    </section>
  );
}
