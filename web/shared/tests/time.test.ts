import { beforeEach, expect, test, vi } from 'vitest';
import { cityMonth, cityTime, date, dateAndTime, dayOf, lastDay, longDate, monthAfter, monthName, monthOf, timeTold } from '../time.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
});

test('the city is five years behind the browser, whatever the browser says', () => {
  vi.setSystemTime(new Date('2026-12-01T00:00:00Z'));
  timeTold('2021-01-31T23:59:58.000+09:00');
  expect(cityMonth()).toBe('2021-01');
  vi.advanceTimersByTime(3_000);
  expect(cityMonth()).toBe('2021-02');
  // The browser's clock is set.
  vi.setSystemTime(new Date('2031-06-01T00:00:00Z'));
  expect(cityTime()?.toISOString()).toBe('2021-01-31T15:00:01.000Z');
});

test('a header that is missing or broken changes nothing', () => {
  timeTold('2021-01-31T12:00:00+09:00');
  timeTold(null);
  timeTold('soon');
  expect(cityMonth()).toBe('2021-01');
});

test('days and months are of Seoul', () => {
  expect(dayOf('2020-12-31T15:00:00Z')).toBe('2021-01-01');
  expect(monthOf('2020-12-31T14:59:59Z')).toBe('2020-12');
  expect(date('2020-12-31T15:00:00Z', 'ko')).toBe('2021년 1월 1일');
  expect(date('2020-12-31T15:00:00Z', 'en')).toBe('1 January 2021');
  expect(dateAndTime('2021-01-31T23:58:00+09:00', 'ko')).toBe('1월 31일 (일) 23:58');
  expect(dateAndTime('2021-02-01T00:05:00+09:00', 'en')).toBe('Mon, 1 Feb, 00:05');
  expect(longDate('2021-01-31T23:58:00+09:00', 'ko')).toBe('2021년 1월 31일 (일)');
  expect(monthName('2021-01', 'ko')).toBe('2021년 1월');
});

test('what ends at midnight is good until the day before', () => {
  expect(lastDay('2021-03-01T00:00:00+09:00', 'ko')).toBe('2021년 2월 28일');
  expect(lastDay('2021-03-01T12:00:00+09:00', 'ko')).toBe('2021년 3월 1일');
});

test('months are counted over years', () => {
  expect(monthAfter('2021-01', -1)).toBe('2020-12');
  expect(monthAfter('2021-12', 1)).toBe('2022-01');
  expect(monthAfter('2021-06', 0)).toBe('2021-06');
});
