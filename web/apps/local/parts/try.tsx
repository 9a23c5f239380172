/** Sends one request of the reference, as a role. */
import { useId, useState } from 'preact/hooks';
import { asProblem, type Problem } from '../../../shared/api/problem.ts';
import { timeTold } from '../../../shared/time.ts';
import { ROLES, tokenOf, type City, type Role } from '../console.ts';
import { KEY, type Operation, type Parameter } from '../document.ts';
import { texts } from '../texts.ts';
import { Copy, Refused } from './parts.tsx';

const TIMEOUT_MS = 60_000;
const ANONYMOUS = '';

type Answer = { status: number; milliseconds: number; text: string };
type Request = { url: string; init: RequestInit & { headers: Record<string, string> } };

export function Try(props: { operation: Operation; city: City | null }) {
  const t = texts().reference;
  const { operation } = props;
  const id = useId();
  const [role, setRole] = useState<Role | ''>(operation.role ?? ANONYMOUS);
  const [values, setValues] = useState<Record<string, string>>(() =>
    Object.fromEntries(operation.parameters.map((each) => [each.name, suggested(each, props.city)])),
  );
  const [body, setBody] = useState(() => withNames(operation.body ?? '', props.city));
  const [key, setKey] = useState(newKey);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [sending, setSending] = useState(false);
  const fault = operation.body !== null && !isJson(body);

  const request = async (): Promise<Request> => {
    const headers: Record<string, string> = {};
    if (role) headers.Authorization = `Bearer ${await tokenOf(role)}`;
    if (operation.needsKey) headers[KEY] = key;
    if (operation.body !== null) headers['Content-Type'] = 'application/json';
    return {
      url: addressOf(operation, values),
      init: { method: operation.method, headers, ...(operation.body !== null && { body }) },
    };
  };
  const send = async () => {
    setSending(true);
    setProblem(null);
    try {
      const { url, init } = await request();
      const began = performance.now();
      const given = await fetch(url, { ...init, cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) });
      const text = await given.text();
      timeTold(given.headers.get('Eeum-Time'));
      setAnswer({ status: given.status, milliseconds: Math.round(performance.now() - began), text: indented(text) });
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setSending(false);
    }
  };
  return (
    <form
      class="local-try"
      onSubmit={(event) => {
        event.preventDefault();
        if (!fault) void send();
      }}
    >
      <div class="field">
        <label for={`${id}-role`}>{t.role}</label>
        <select id={`${id}-role`} value={role} onChange={(event) => setRole(event.currentTarget.value as Role | '')}>
          <option value={ANONYMOUS}>{t.anonymous}</option>
          {ROLES.map((each) => (
            <option key={each} value={each}>
              {texts().roles[each]}
            </option>
          ))}
        </select>
      </div>
      {operation.parameters.map((each) => (
        <div key={each.name} class="field">
          <label for={`${id}-${each.name}`}>
            <code>{each.name}</code> {each.required && <span class="hint">({t.required})</span>}
          </label>
          <input
            id={`${id}-${each.name}`}
            type="text"
            autoComplete="off"
            required={each.required}
            value={values[each.name]}
            aria-describedby={each.description ? `${id}-${each.name}-hint` : undefined}
            onInput={(event) => setValues({ ...values, [each.name]: event.currentTarget.value })}
          />
          {each.description && (
            <p id={`${id}-${each.name}-hint`} class="hint" lang="en">
              {each.description}
            </p>
          )}
        </div>
      ))}
      {operation.needsKey && (
        <div class="field">
          <label for={`${id}-key`}>
            {t.key} <code>{KEY}</code>
          </label>
          <div class="local-key">
            <input id={`${id}-key`} type="text" autoComplete="off" value={key} onInput={(event) => setKey(event.currentTarget.value)} />
            <button type="button" class="button button-quiet button-small" onClick={() => setKey(newKey())}>
              {t.newKey}
            </button>
          </div>
        </div>
      )}
      {operation.body !== null && (
        <div class={`field ${fault ? 'field-faulty' : ''}`}>
          <label for={`${id}-body`}>{t.body}</label>
          <textarea
            id={`${id}-body`}
            rows={Math.min(Math.max(body.split('\n').length, 4), 18)}
            spellcheck={false}
            value={body}
            aria-invalid={fault ? 'true' : undefined}
            aria-describedby={fault ? `${id}-fault` : undefined}
            onInput={(event) => setBody(event.currentTarget.value)}
          />
          {fault && (
            <p id={`${id}-fault`} class="fault">
              {t.notJson}
            </p>
          )}
        </div>
      )}
      <div class="actions">
        <button type="submit" class="button" disabled={sending}>
          {t.send}
        </button>
        <Copy text={async () => asCurl(await request())} label={t.curl}>
          {t.curl}
        </Copy>
      </div>
      <p class="visually-hidden" role="status">
        {sending ? t.sending : ''}
      </p>
      <Refused problem={problem} />
      {answer && (
        <div class="local-answer">
          <p role="status" class={answer.status < 400 ? 'local-good' : 'local-bad'}>
            {t.answered(answer.status, answer.milliseconds)}
          </p>
          <pre tabIndex={0}>{answer.text || t.empty}</pre>
        </div>
      )}
    </form>
  );
}

function newKey(): string {
  return crypto.randomUUID();
}

/** The ids of the city's first resident and shop, for parameters that need an id. */
function suggested(parameter: Parameter, city: City | null): string {
  const opened = city?.opened;
  const known: Record<string, string | undefined> = {
    wallet_id: opened?.wallet,
    merchant_id: opened?.shop,
    month: city?.time.slice(0, 7),
    year: city?.time.slice(0, 4),
    district: 'jung',
  };
  if (!parameter.required) return '';
  const example = parameter.example ?? parameter.schema?.example ?? parameter.schema?.examples?.[0];
  return known[parameter.name] ?? (example === undefined || example === null ? '' : String(example));
}

/** The example with ids that the running city knows. */
function withNames(body: string, city: City | null): string {
  const opened = city?.opened;
  if (!opened || !isJson(body)) return body;
  const value: unknown = JSON.parse(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return body;
  const known: Record<string, string> = { card_token: opened.card, merchant_id: opened.shop };
  const named = Object.entries(value).map(([name, each]) => [name, name in known ? known[name] : each]);
  return JSON.stringify(Object.fromEntries(named), null, 2);
}

function addressOf(operation: Operation, values: Record<string, string>): string {
  const query = new URLSearchParams();
  let path = operation.path;
  for (const { name, in: where } of operation.parameters) {
    const value = values[name] ?? '';
    if (where === 'path') path = path.replace(`{${name}}`, encodeURIComponent(value));
    else if (where === 'query' && value !== '') query.set(name, value);
  }
  return `/api${path}${query.size > 0 ? `?${query}` : ''}`;
}

/** A line for a shell; quotes in the body are closed, escaped and opened again. */
function asCurl({ url, init }: Request): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const headers = Object.entries(init.headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  const body = typeof init.body === 'string' ? [`--data ${quoted(init.body)}`] : [];
  return ['curl', `-X ${init.method}`, ...headers, ...body, quoted(location.origin + url)].join(' ');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function indented(text: string): string {
  return isJson(text) && text !== '' ? JSON.stringify(JSON.parse(text), null, 2) : text;
}
