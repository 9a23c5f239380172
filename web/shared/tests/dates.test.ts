import { type ComponentChild, h, render } from 'preact';
import { expect, test } from 'vitest';
import { chooseLanguage, type Language } from '../i18n/language.ts';
import { dayAfter, dayName, daysOf, monthOnly, within, yearName } from '../time.ts';
import { DayField, MonthField, typedTime } from '../ui/dates.tsx';

const LANGUAGES: Language[] = ['ko', 'en'];
const NAMES = {
  ko: { months: ['2021년 2월', '2021년 1월', '2020년 12월'], parts: ['2020년', '2021년', '1월', '2월', '1일', '28일'] },
  en: { months: ['February 2021', 'January 2021', 'December 2020'], parts: ['2020', '2021', 'January', 'February', '1', '28'] },
};

function drawn(node: ComponentChild): HTMLElement {
  const root = document.createElement('div');
  render(node, root);
  return root;
}

function optionsOf(select: Element | null | undefined): string[] {
  return [...(select?.querySelectorAll('option') ?? [])].map((option) => option.textContent ?? '');
}

test.each(LANGUAGES)('months to choose from are named in %s, whatever the browser speaks', (language) => {
  chooseLanguage(language);
  const field = drawn(h(MonthField, { id: 'month', label: 'Month', value: '2021-01', onValue: () => {}, first: '2020-12', last: '2021-02' }));
  expect(optionsOf(field.querySelector('select'))).toEqual(NAMES[language].months);
  expect(field.querySelector('select')?.value).toBe('2021-01');
});

test.each(LANGUAGES)('the parts of a day are named in %s', (language) => {
  chooseLanguage(language);
  const field = drawn(h(DayField, { id: 'day', label: 'Day', value: '2021-02-11', onValue: () => {}, first: '2020-12-22', last: '2021-02-28' }));
  const [years, months, days] = [...field.querySelectorAll('select')];
  const found = [optionsOf(years), optionsOf(months), optionsOf(days)];
  expect(found.flatMap((names) => [names[0], names.at(-1)])).toEqual(NAMES[language].parts);
  expect([years?.value, months?.value, days?.value]).toEqual(['2021', '2021-02', '11']);
});

test('a day that the chosen month has not becomes its last, and none is out of bounds', () => {
  let chosen = '2021-01-31';
  const field = () =>
    drawn(h(DayField, { id: 'day', label: 'Day', value: chosen, onValue: (day) => (chosen = day), first: '2020-12-22', last: '2021-03-15' }));
  const choose = (part: number, value: string) => {
    const select = field().querySelectorAll('select')[part];
    if (select) select.value = value;
    select?.dispatchEvent(new Event('change'));
  };
  choose(1, '2021-02');
  expect(chosen).toBe('2021-02-28');
  choose(1, '2021-03');
  expect(chosen).toBe('2021-03-15');
  choose(0, '2020');
  expect(chosen).toBe('2020-12-22');
});

test('days are counted in the calendar', () => {
  expect([daysOf('2021-02'), daysOf('2024-02'), daysOf('2020-12')]).toEqual([28, 29, 31]);
  expect(dayAfter('2020-12-31', 1)).toBe('2021-01-01');
  expect(dayAfter('2021-03-01', -1)).toBe('2021-02-28');
  expect(within('2021-02-03', '2021-02-01', '2021-02-02')).toBe('2021-02-02');
  expect([yearName('2021', 'ko'), monthOnly('2021-03', 'ko'), dayName('05', 'ko')]).toEqual(['2021년', '3월', '5일']);
  expect([yearName('2021', 'en'), monthOnly('2021-03', 'en'), dayName('05', 'en')]).toEqual(['2021', 'March', '5']);
});

test.each([
  ['9:30', '09:30'],
  ['0930', '09:30'],
  [' 23:59 ', '23:59'],
  ['24:00', null],
  ['12:60', null],
  ['noon', null],
  ['', null],
])('the time typed as %j is %j', (typed, time) => {
  expect(typedTime(typed)).toBe(time);
});
