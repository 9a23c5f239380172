/** The city's time, as a running clock. */
import { useEffect, useState } from 'preact/hooks';
import { language } from '../../../shared/i18n/language.ts';
import { cityTime, longDate } from '../../../shared/time.ts';

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', timeZone: 'Asia/Seoul' });

export function CityTime() {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const now = cityTime();
  if (!now) return null;
  return (
    <p class="local-time">
      <span>{longDate(now, language.value)}</span> <time dateTime={now.toISOString()}>{CLOCK.format(now)}</time>
    </p>
  );
}
