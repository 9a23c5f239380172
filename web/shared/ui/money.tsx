import { language } from '../i18n/language.ts';
import { digits, won } from '../money.ts';

/** Won as text without line breaks. `sign` shows a plus before a gain. */
export function Won(props: { amount: number; sign?: boolean; class?: string }) {
  const plus = props.sign && props.amount > 0 ? '+' : '';
  return <span class={`won ${props.class ?? ''}`}>{plus + won(props.amount, language.value)}</span>;
}

/** A large amount: the digits bigger than the unit. */
export function BigWon(props: { amount: number; class?: string }) {
  return (
    <span class={`won won-big ${props.class ?? ''}`}>
      {digits(props.amount)}
      <span class="won-unit">{language.value === 'ko' ? '원' : ' won'}</span>
    </span>
  );
}
