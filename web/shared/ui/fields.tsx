/** Form fields: a label, a hint, and a fault that names the field for screen readers. */
import type { ComponentChildren, Ref } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { language } from '../i18n/language.ts';
import { common } from '../i18n/texts.ts';
import { asTyped } from '../money.ts';

export type FieldProps = { id: string; label: string; hint?: string; fault?: string | null };

export function Field(props: FieldProps & { children: ComponentChildren }) {
  return (
    <div class={`field ${props.fault ? 'field-faulty' : ''}`}>
      <label for={props.id}>{props.label}</label>
      {props.children}
      {props.fault && (
        <p id={`${props.id}-fault`} class="fault">
          {props.fault}
        </p>
      )}
      {props.hint && (
        <p id={`${props.id}-hint`} class="hint">
          {props.hint}
        </p>
      )}
    </div>
  );
}

export function described(props: FieldProps): { 'aria-describedby'?: string; 'aria-invalid'?: 'true' } {
  const by = [props.fault && `${props.id}-fault`, props.hint && `${props.id}-hint`].filter(Boolean).join(' ');
  return { ...(by && { 'aria-describedby': by }), ...(props.fault && { 'aria-invalid': 'true' as const }) };
}

/** Won: a numeric keypad on phones, separators as it is typed. */
export function AmountField(props: FieldProps & { value: string; onValue: (value: string) => void; inputRef?: Ref<HTMLInputElement> }) {
  return (
    <Field {...props}>
      <div class="amount-field">
        <input
          id={props.id}
          ref={props.inputRef ?? null}
          type="text"
          inputMode="numeric"
          autoComplete="off"
          enterKeyHint="done"
          value={props.value}
          onInput={(event) => props.onValue(asTyped(event.currentTarget.value))}
          {...described(props)}
        />
        <span aria-hidden="true">{language.value === 'ko' ? '원' : 'won'}</span>
      </div>
    </Field>
  );
}

export function SelectField(props: FieldProps & { value: string; onValue: (value: string) => void; options: [value: string, label: string][] }) {
  return (
    <Field {...props}>
      <select id={props.id} value={props.value} onChange={(event) => props.onValue(event.currentTarget.value)} {...described(props)}>
        {props.options.map(([value, label]) => (
          <option key={value} value={value} selected={value === props.value}>
            {label}
          </option>
        ))}
      </select>
    </Field>
  );
}

/** All faults of a form on top of it, each a link to its field. It takes the focus when it appears. */
export function ErrorSummary(props: { faults: [field: string, sentence: string][] }) {
  const box = useRef<HTMLDivElement>(null);
  const said = props.faults.map(([, sentence]) => sentence).join();
  useEffect(() => {
    if (said) box.current?.focus();
  }, [said]);
  if (props.faults.length === 0) return null;
  return (
    <div ref={box} class="note note-danger" role="alert" tabIndex={-1}>
      <h2 class="note-title">{common().errorSummary}</h2>
      <ul>
        {props.faults.map(([field, sentence]) => (
          <li key={field}>
            <a
              href={`#${field}`}
              onClick={(event) => {
                event.preventDefault();
                document.getElementById(field)?.focus();
              }}
            >
              {sentence}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}
