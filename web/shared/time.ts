/**
 * The city's time, as its API gives it, and dates as people in Seoul read them.
 *
 * No page reads the browser's clock for a date: it may be wrong, and the city's may be moved. Between two answers of the API the
 * browser's monotonic clock, which cannot be set, carries the time on.
 */
import { signal } from '@preact/signals';
import type { Language } from './i18n/language.ts';

const SEOUL = 'Asia/Seoul';
const DAY_MS = 86_400_000;
const LOCALES: Record<Language, string> = { ko: 'ko-KR', en: 'en-GB' };

type Anchor = { city: number; monotonic: number };

const anchor = signal<Anchor | null>(null);

/** Take the time of an API answer's `Eeum-Time`; ignore text that is not an instant. */
export function timeTold(header: string | null): void {
  const city = header ? Date.parse(header) : Number.NaN;
  if (!Number.isNaN(city)) anchor.value = { city, monotonic: performance.now() };
}

/** The city's time now, or null as long as no answer has come. */
export function cityTime(): Date | null {
  const told = anchor.value;
  return told && new Date(told.city + performance.now() - told.monotonic);
}

/** The city's calendar month now, as `2021-01`. */
export function cityMonth(): string | null {
  const now = cityTime();
  return now && monthOf(now);
}

/** The calendar month in Seoul of an instant, as `2021-01`. */
export function monthOf(instant: Date | string): string {
  return dayOf(instant).slice(0, 7);
}

/** The day in Seoul of an instant, as `2021-01-31`. */
export function dayOf(instant: Date | string): string {
  return format('sv-SE', { year: 'numeric', month: '2-digit', day: '2-digit' }).format(new Date(instant));
}

/** The month so many months after another; `-1` is the month before. */
export function monthAfter(month: string, months: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  const count = year * 12 + (number - 1) + months;
  return `${String(Math.floor(count / 12)).padStart(4, '0')}-${String((count % 12) + 1).padStart(2, '0')}`;
}

/** 2021년 1월 31일 (일), Sun, 31 January 2021 */
export function longDate(instant: Date | string, language: Language): string {
  return language === 'ko' ? `${date(instant, language)} (${weekday(instant, language)})` : `${weekday(instant, language)}, ${date(instant, language)}`;
}

/** 2021년 1월 31일, 31 January 2021 */
export function date(instant: Date | string, language: Language): string {
  return format(LOCALES[language], { year: 'numeric', month: 'long', day: 'numeric' }).format(new Date(instant));
}

/** 1월 31일 (일) 23:58, Sun, 31 Jan, 23:58 */
export function dateAndTime(instant: Date | string, language: Language): string {
  const day = format(LOCALES[language], { month: language === 'ko' ? 'long' : 'short', day: 'numeric' }).format(new Date(instant));
  const name = weekday(instant, language);
  return language === 'ko' ? `${day} (${name}) ${time(instant)}` : `${name}, ${day}, ${time(instant)}`;
}

/** 1월 31일 23:58, 31 Jan, 23:58: where there is little room. */
export function shortDateAndTime(instant: Date | string, language: Language): string {
  const day = format(LOCALES[language], { month: language === 'ko' ? 'long' : 'short', day: 'numeric' }).format(new Date(instant));
  return language === 'ko' ? `${day} ${time(instant)}` : `${day}, ${time(instant)}`;
}

function weekday(instant: Date | string, language: Language): string {
  return format(LOCALES[language], { weekday: 'short' }).format(new Date(instant));
}

/** 23:58 */
export function time(instant: Date | string): string {
  return format('en-GB', { hour: '2-digit', minute: '2-digit' }).format(new Date(instant));
}

/** 2021년 1월, January 2021 */
export function monthName(month: string, language: Language): string {
  return format(LOCALES[language], { year: 'numeric', month: 'long' }).format(new Date(`${month}-15T00:00:00+09:00`));
}

/** 2021년, 2021 */
export function yearName(year: string, language: Language): string {
  return format(LOCALES[language], { year: 'numeric' }).format(noonOf(`${year}-01-01`));
}

/** The month without its year: 1월, January */
export function monthOnly(month: string, language: Language): string {
  return format(LOCALES[language], { month: 'long' }).format(noonOf(`${month}-01`));
}

/** The day of a month, `01` to `31`: 5일, 5 */
export function dayName(day: string, language: Language): string {
  return format(LOCALES[language], { day: 'numeric' }).format(noonOf(`2020-01-${day}`));
}

/** How many days a month such as `2021-02` has. */
export function daysOf(month: string): number {
  return Number(dayOf(new Date(+noonOf(`${monthAfter(month, 1)}-01`) - DAY_MS)).slice(8));
}

/** The day so many days after another; `-1` is the day before. */
export function dayAfter(day: string, days: number): string {
  return dayOf(new Date(+noonOf(day) + days * DAY_MS));
}

/** The value, or the nearest of the bounds; days and months as texts are in the order of time. */
export function within(value: string, first: string, last: string): string {
  return value > last ? last : value < first ? first : value;
}

function noonOf(day: string): Date {
  return new Date(`${day}T12:00:00+09:00`);
}

/**
 * The last day before the end at `instant`: an end at midnight belongs to the day before.
 */
export function lastDay(instant: string, language: Language): string {
  return date(new Date(Date.parse(instant) - 1), language);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(locale, { ...options, timeZone: SEOUL, hourCycle: 'h23' });
    formats.set(key, found);
  }
  return found;
}
