/** Dead letters, and what functions logged. */
import { useState } from 'preact/hooks';
import { useAnswer } from '../../../shared/api/asking.ts';
import { Answered } from '../../../shared/ui/answer.tsx';
import { SelectField } from '../../../shared/ui/fields.tsx';
import { Page } from '../../../shared/ui/page.tsx';
import { read, readCity, type Queue } from '../console.ts';
import { withNames } from '../parts/parts.tsx';
import { texts } from '../texts.ts';

const FIRST = 'PaymentAuthorisationFunction';
const ERROR = /"level":\s*"(ERROR|CRITICAL)"|\[ERROR\]|Traceback/;

export function Messages() {
  const t = texts().messages;
  return (
    <Page title={t.title} app={texts().app}>
      <DeadLetters />
      <Logs />
    </Page>
  );
}

function DeadLetters() {
  const t = texts().messages;
  const letters = useAnswer(() => read<{ queues: Queue[] }>('dead_letters'), []);
  return (
    <section aria-labelledby="dead">
      <div class="local-heading">
        <h2 id="dead">{t.dead}</h2>
        <button type="button" class="button button-quiet button-small" onClick={letters.again}>
          {t.again}
        </button>
      </div>
      <p class="hint">{withNames(t.deadText)}</p>
      <Answered answer={letters} lines={3}>
        {({ queues }) => {
          const waiting = queues.filter((queue) => queue.waiting > 0);
          if (waiting.length === 0) return <p class="note note-info">{t.allEmpty}</p>;
          return (
            <ul class="local-entries">
              {waiting.map((queue) => (
                <li key={queue.name} class="card">
                  <h3>
                    <span lang="en">{queue.name}</span> · {t.waiting} {queue.waiting}
                  </h3>
                  {queue.messages.map((message) => (
                    <pre key={message.id} tabIndex={0}>
                      {indented(message.body)}
                    </pre>
                  ))}
                </li>
              ))}
            </ul>
          );
        }}
      </Answered>
    </section>
  );
}

function Logs() {
  const t = texts().messages;
  const city = useAnswer(readCity, []);
  const [name, setName] = useState(FIRST);
  const [errors, setErrors] = useState(false);
  const logs = useAnswer(() => read<{ lines: string[] }>(`logs/${encodeURIComponent(name)}`), [name]);
  const functions = city.value?.functions ?? [FIRST];
  return (
    <section aria-labelledby="logs">
      <div class="local-heading">
        <h2 id="logs">{t.logs}</h2>
        <button type="button" class="button button-quiet button-small" onClick={logs.again}>
          {t.again}
        </button>
      </div>
      <div class="local-filter">
        <SelectField id="function" label={t.function} value={name} onValue={setName} options={functions.map((each) => [each, each])} />
        <label class="local-check">
          <input type="checkbox" checked={errors} onChange={(event) => setErrors(event.currentTarget.checked)} /> {t.errorsOnly}
        </label>
      </div>
      <Answered answer={logs} lines={6}>
        {({ lines }) => {
          const shown = lines.filter((line) => !errors || ERROR.test(line));
          if (shown.length === 0) return <p class="note note-info">{t.noLines}</p>;
          return (
            <pre class="local-log" tabIndex={0} role="region" aria-label={`${t.logs}: ${name}`}>
              {shown.join('\n')}
            </pre>
          );
        }}
      </Answered>
    </section>
  );
}

function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
