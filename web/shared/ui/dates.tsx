/**
 * Fields for months, days and times, named in the language of the page.
 *
 * A browser's own date fields name months and order their parts in the browser's language, which may be another one than the page's.
 */
import type { ComponentChildren } from 'preact';
import { language } from '../i18n/language.ts';
import { common } from '../i18n/texts.ts';
import { dayName, daysOf, monthAfter, monthName, monthOnly, within, yearName } from '../time.ts';
import { described, Field, type FieldProps, SelectField } from './fields.tsx';

type Bounds = { first: string; last: string };

/** One month as `2021-01`, from `first` to `last`; the latest comes first. */
export function MonthField(props: FieldProps & Bounds & { value: string; onValue: (value: string) => void }) {
  const months: string[] = [];
  for (let month = props.last; month >= props.first; month = monthAfter(month, -1)) months.push(month);
  return <SelectField {...props} options={months.map((month) => [month, monthName(month, language.value)])} />;
}

/** One day as `2021-01-31`, from `first` to `last`, by its year, month and day. Only days within the bounds can be chosen. */
export function DayField(props: FieldProps & Bounds & { value: string; onValue: (value: string) => void }) {
  const { id, first, last } = props;
  const t = common().date;
  const value = within(props.value, first, last);
  const [year, month, day] = [value.slice(0, 4), value.slice(0, 7), value.slice(8)];
  const choose = (chosen: string) => props.onValue(within(chosen, first, last));
  const inMonth = (chosen: string) => choose(`${chosen}-${twoDigits(Math.min(Number(day), daysOf(chosen)))}`);
  const months = numbers(1, 12).map((number) => `${year}-${number}`).filter((each) => each >= first.slice(0, 7) && each <= last.slice(0, 7));
  const days = numbers(1, daysOf(month)).filter((each) => `${month}-${each}` >= first && `${month}-${each}` <= last);
  return (
    <fieldset class="field" aria-describedby={props.hint ? `${id}-hint` : undefined}>
      <legend>{props.label}</legend>
      <div class="day-parts">
        <Part id={id} label={t.year} value={year} onValue={(chosen) => inMonth(`${chosen}-${month.slice(5)}`)}>
          {numbers(Number(first.slice(0, 4)), Number(last.slice(0, 4))).map((each) => (
            <Choice key={each} value={each} name={yearName(each, language.value)} of={year} />
          ))}
        </Part>
        <Part id={`${id}-month`} label={t.month} value={month} onValue={inMonth}>
          {months.map((each) => (
            <Choice key={each} value={each} name={monthOnly(each, language.value)} of={month} />
          ))}
        </Part>
        <Part id={`${id}-day`} label={t.day} value={day} onValue={(chosen) => choose(`${month}-${chosen}`)}>
          {days.map((each) => (
            <Choice key={each} value={each} name={dayName(each, language.value)} of={day} />
          ))}
        </Part>
      </div>
      {props.hint && (
        <p id={`${id}-hint`} class="hint">
          {props.hint}
        </p>
      )}
    </fieldset>
  );
}

/** A time of day on a 24-hour clock, such as `09:30`. */
export function TimeField(props: FieldProps & { value: string; onValue: (value: string) => void }) {
  return (
    <Field {...props}>
      <input
        id={props.id}
        type="text"
        inputMode="numeric"
        autoComplete="off"
        maxLength={5}
        value={props.value}
        onInput={(event) => props.onValue(event.currentTarget.value)}
        {...described(props)}
      />
    </Field>
  );
}

/** What was typed as `09:30`: `930`, `9:30` and `0930` are the same; null if it is no time of a day. */
export function typedTime(text: string): string | null {
  const [, hour = '', minute = ''] = /^\s*(\d{1,2}):?(\d{2})\s*$/.exec(text) ?? [];
  return hour && Number(hour) < 24 && Number(minute) < 60 ? `${twoDigits(Number(hour))}:${minute}` : null;
}

function Part(props: { id: string; label: string; value: string; onValue: (value: string) => void; children: ComponentChildren }) {
  return (
    <select id={props.id} aria-label={props.label} value={props.value} onChange={(event) => props.onValue(event.currentTarget.value)}>
      {props.children}
    </select>
  );
}

function Choice(props: { value: string; name: string; of: string }) {
  return (
    <option value={props.value} selected={props.value === props.of}>
      {props.name}
    </option>
  );
}

function numbers(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => twoDigits(first + index));
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
