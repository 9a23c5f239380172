/** What runs in the city, and links to its apps. */
import { useAnswer } from '../../../shared/api/asking.ts';
import { Answered } from '../../../shared/ui/answer.tsx';
import { Page } from '../../../shared/ui/page.tsx';
import { Facts, Table } from '../../../shared/ui/table.tsx';
import { readCity, ROLES, tokenOf, type City } from '../console.ts';
import { CityTime } from '../parts/city-time.tsx';
import { Copy } from '../parts/parts.tsx';
import { path } from '../paths.ts';
import { texts } from '../texts.ts';

export function Overview() {
  const t = texts().overview;
  const city = useAnswer(readCity, []);
  return (
    <Page title={t.title} app={texts().app}>
      <Answered answer={city} lines={6}>
        {(body) => (
          <>
            <section class="local-now" aria-labelledby="now">
              <div>
                <h2 id="now">{t.now}</h2>
                <CityTime />
              </div>
              <a class="button button-quiet" href={path.clock()}>
                {t.moveClock}
              </a>
            </section>
            <div class="columns">
              <div class="column">
                <Apps city={body} />
                <Tokens />
              </div>
              <div class="column">
                <Tries />
                <Addresses city={body} />
              </div>
            </div>
            <Running city={body} />
          </>
        )}
      </Answered>
    </Page>
  );
}

function Apps(props: { city: City }) {
  const t = texts().overview;
  return (
    <section class="card" aria-labelledby="apps">
      <h2 id="apps">{t.apps}</h2>
      <h3>{t.resident}</h3>
      <p class="hint">{t.residentText}</p>
      <ul class="local-people">
        {props.city.residents.map((person) => (
          <li key={person}>
            <a class="button button-quiet" href={path.openAs('resident', person)} aria-label={t.openAs(person)} data-native>
              {person}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Tokens() {
  const t = texts().overview;
  return (
    <section class="card" aria-labelledby="tokens">
      <h2 id="tokens">{t.tokens}</h2>
      <p class="hint">{t.tokensText}</p>
      <ul class="local-roles">
        {ROLES.map((role) => (
          <li key={role}>
            <span>{texts().roles[role]}</span>
            <Copy text={() => tokenOf(role)} label={t.copyToken(texts().roles[role])} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Tries() {
  const t = texts().overview;
  return (
    <section class="card" aria-labelledby="try">
      <h2 id="try">{t.try}</h2>
      <ul class="local-links">
        <li>
          <a href={path.day()}>{t.tryDay}</a>
        </li>
        <li>
          <a href={path.reference()}>{t.tryReference}</a>
        </li>
        <li>
          <a href={path.journal()}>{t.tryJournal}</a>
        </li>
      </ul>
    </section>
  );
}

function Addresses(props: { city: City }) {
  const t = texts().overview;
  const { endpoint } = props.city;
  return (
    <section class="card" aria-labelledby="addresses">
      <h2 id="addresses">{t.addresses}</h2>
      <Facts
        rows={[
          [t.pages, <code>{`${endpoint}/api`}</code>],
          [t.aws, <code>{endpoint}</code>],
          [t.tokensFile, <code>.local/tokens.env</code>],
          [t.log, <code>.local/emulator.log</code>],
        ]}
      />
    </section>
  );
}

function Running(props: { city: City }) {
  const t = texts().overview;
  const { city } = props;
  const parts = [
    [t.functions(city.functions.length), city.functions],
    [t.tables(city.tables.length), city.tables],
    [t.queues(city.queues.length), city.queues],
    [t.buckets(city.buckets.length), city.buckets],
  ] as const;
  return (
    <section aria-labelledby="running">
      <h2 id="running">{t.running}</h2>
      <div class="local-parts">
        {parts.map(([title, names]) => (
          <details key={title} class="card">
            <summary>{title}</summary>
            <ul class="local-names" lang="en">
              {names.map((name) => (
                <li key={name}>{name}</li>
              ))}
            </ul>
          </details>
        ))}
      </div>
      <div class="card">
        <Table
          caption={t.schedules}
          columns={[
            { title: t.schedule, cell: (each) => <span lang="en">{each.name}</span> },
            { title: t.expression, cell: (each) => <code>{each.expression}</code> },
          ]}
          rows={city.schedules}
        />
      </div>
    </section>
  );
}
