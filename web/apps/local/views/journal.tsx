/** Wallets, and a wallet's journal as it is stored. */
import { useAnswer } from '../../../shared/api/asking.ts';
import { language } from '../../../shared/i18n/language.ts';
import { date, time } from '../../../shared/time.ts';
import { Answered } from '../../../shared/ui/answer.tsx';
import { Won } from '../../../shared/ui/money.tsx';
import { Page } from '../../../shared/ui/page.tsx';
import { Table } from '../../../shared/ui/table.tsx';
import { read, type Entry, type Wallet } from '../console.ts';
import { path } from '../paths.ts';
import { texts } from '../texts.ts';

type Wallets = { wallets: Wallet[]; more: boolean };
type Entries = { wallet: string; entries: Entry[]; more: boolean };

const readWallets = () => read<Wallets>('wallets');

export function Journals() {
  const t = texts().journal;
  const wallets = useAnswer(readWallets, []);
  return (
    <Page title={t.title} app={texts().app} lead={t.lead}>
      <Answered answer={wallets} lines={5}>
        {(body) =>
          body.wallets.length === 0 ? (
            <p>{t.none}</p>
          ) : (
            <>
              {body.more && <p class="hint">{t.more}</p>}
              <Table
                caption={t.wallets}
                hideCaption
                columns={[
                  { title: t.member, cell: (each) => <a class="local-name" href={path.journalOf(each.id)}>{each.member}</a> },
                  { title: t.status, cell: (each) => t.statuses[each.status] ?? each.status },
                  { title: t.balance, amount: true, cell: (each) => <Won amount={total(each)} /> },
                  { title: t.id, cell: (each) => <code class="local-id" title={each.id}>{each.id}</code> },
                ]}
                rows={body.wallets}
              />
            </>
          )
        }
      </Answered>
    </Page>
  );
}

function total(wallet: Wallet): number {
  return Object.values(wallet.purses).reduce((sum, won) => sum + won, 0);
}

export function Journal(props: { wallet?: string }) {
  const t = texts().journal;
  const wallet = props.wallet ?? '';
  const wallets = useAnswer(readWallets, []);
  const journal = useAnswer(() => read<Entries>(`wallets/${encodeURIComponent(wallet)}/journal`), [wallet]);
  const member = wallets.value?.wallets.find((each) => each.id === wallet)?.member ?? wallet;
  return (
    <Page title={t.of(member)} app={texts().app}>
      <p>
        <a href={path.journal()}>{t.back}</a> · <code>{wallet}</code>
      </p>
      <Answered answer={journal} lines={6}>
        {(body) =>
          body.entries.length === 0 ? (
            <p>{t.noEntries}</p>
          ) : (
            <>
              <p class="hint">{body.more ? t.more : t.entries(body.entries.length)}</p>
              <ol class="local-entries">
                {body.entries.map((entry) => (
                  <li key={entry.key} class="card">
                    <OneEntry entry={entry} />
                  </li>
                ))}
              </ol>
            </>
          )
        }
      </Answered>
    </Page>
  );
}

function OneEntry(props: { entry: Entry }) {
  const t = texts().journal;
  const { entry } = props;
  const at = String(entry.stored.accepted_at ?? entry.stored.posted_at ?? '');
  const sum = entry.postings.reduce((total, posting) => total + posting.amount, 0);
  return (
    <>
      <h2 class="local-entry-title">
        <span>
          {t.kinds[entry.kind] ?? entry.kind} <code class="hint">{entry.kind}</code>
        </span>
        {at && (
          <time dateTime={at}>
            {date(at, language.value)} {time(at)}
          </time>
        )}
      </h2>
      {entry.postings.length === 0 ? (
        <p class="hint">{t.noPostings}</p>
      ) : (
        <Table
          caption={`${entry.kind} ${entry.key}`}
          hideCaption
          columns={[
            { title: t.account, cell: (posting) => <code>{posting.account}</code> },
            { title: t.amount, amount: true, cell: (posting) => <Won amount={posting.amount} sign /> },
          ]}
          rows={entry.postings}
          foot={[t.sum, <Won amount={sum} />]}
        />
      )}
      <details>
        <summary>{t.stored}</summary>
        <pre tabIndex={0}>{JSON.stringify({ key: entry.key, ...entry.stored }, null, 2)}</pre>
      </details>
    </>
  );
}
