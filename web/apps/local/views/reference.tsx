/** The API's reference, made from its document. Each operation can be tried with a role's token. */
import { Fragment } from 'preact';
import { useState } from 'preact/hooks';
import { useAnswer } from '../../../shared/api/asking.ts';
import { Answered } from '../../../shared/ui/answer.tsx';
import { Page } from '../../../shared/ui/page.tsx';
import { Table } from '../../../shared/ui/table.tsx';
import { readCity, type City } from '../console.ts';
import { operationsOf, readDocument, type Document, type Operation } from '../document.ts';
import { Prose } from '../parts/parts.tsx';
import { Try } from '../parts/try.tsx';
import { texts } from '../texts.ts';

export function Reference() {
  const t = texts().reference;
  const document = useAnswer(readDocument, []);
  const city = useAnswer(readCity, []);
  return (
    <Page title={t.title} app={texts().app} lead={t.lead}>
      <Answered answer={document} lines={8}>
        {(body) => <Operations document={body} city={city.value} />}
      </Answered>
    </Page>
  );
}

function Operations(props: { document: Document; city: City | null }) {
  const t = texts().reference;
  const [wanted, setWanted] = useState('');
  const all = operationsOf(props.document);
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all.filter((each) => words.every((word) => `${each.method} ${each.path} ${each.summary} ${each.tag}`.toLowerCase().includes(word)));
  const tags = [...new Set(found.map((each) => each.tag))];
  const said = new Map(props.document.tags?.map((tag) => [tag.name, tag.description ?? '']));
  return (
    <>
      <div class="field local-find">
        <label for="find">{t.find}</label>
        <input id="find" type="search" autoComplete="off" value={wanted} aria-describedby="find-hint" onInput={(event) => setWanted(event.currentTarget.value)} />
        <p id="find-hint" class="hint">
          {t.findHint} <span role="status">{found.length === 0 ? t.none : t.found(found.length)}</span>
        </p>
      </div>
      {tags.map((tag) => (
        <section key={tag} aria-labelledby={`tag-${tag.replaceAll(' ', '-')}`}>
          <h2 id={`tag-${tag.replaceAll(' ', '-')}`} lang="en">
            {tag}
          </h2>
          <p class="hint" lang="en">
            {said.get(tag)}
          </p>
          {found
            .filter((each) => each.tag === tag)
            .map((each) => (
              <OneOperation key={each.id} operation={each} city={props.city} />
            ))}
        </section>
      ))}
    </>
  );
}

/** A path that breaks before a slash or after an underline, where it has to. */
function breakable(path: string) {
  return path.split(/(?=\/)|(?<=_)/).map((part, number) => (
    <Fragment key={number}>
      {number > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}

function OneOperation(props: { operation: Operation; city: City | null }) {
  const t = texts().reference;
  const { operation } = props;
  const [open, setOpen] = useState(false);
  return (
    <details class="card local-operation" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span class={`local-method local-method-${operation.method.toLowerCase()}`}>{operation.method}</span>
        <code>{breakable(operation.path)}</code>
        <span class="local-summary" lang="en">
          {operation.summary}
        </span>
      </summary>
      {open && (
        <div class="local-operation-body">
          {operation.description && <Prose text={operation.description} />}
          <Try operation={operation} city={props.city} />
          <h3>{t.answers}</h3>
          <Table
            caption={t.answers}
            hideCaption
            columns={[
              { title: t.status, cell: (each) => <code>{each.status}</code> },
              { title: t.meaning, cell: (each) => <Prose text={each.meaning} /> },
            ]}
            rows={operation.responses}
          />
        </div>
      )}
    </details>
  );
}
