/** Korean particles after any word: also after digits, Latin letters and brackets, which shop names end with. */
import { josa } from 'es-hangul';

export type Particle = '은/는' | '이/가' | '을/를' | '으로/로';

/** Digits and letters by how their names end: 0 영, 1 일, 3 삼, 6 육, 7 칠, 8 팔; L 엘, M 엠, N 엔, R 알. */
const ENDS_IN_A_CONSONANT = /[0136-8LMNR]$/i;
const ENDS_IN_RIEUL = /[178LR]$/i;
const HANGUL = /[가-힣]$/;

/** The word with the form of the particle that fits it: 다방을, 국수를, CU 2호점으로, 카페 7로. */
export function withParticle(word: string, particle: Particle): string {
  return word + particleAfter(word, particle);
}

export function particleAfter(word: string, particle: Particle): string {
  // What is in brackets at the end is passed over, and a per cent sign is read 퍼센트.
  const bare = word.replace(/\s*\([^()]*\)$/, '').replace(/%$/, '퍼센트').replace(/[^0-9A-Za-z가-힣]+$/u, '');
  if (HANGUL.test(bare)) return josa.pick(bare, particle);
  const [afterConsonant = '', afterVowel = ''] = particle.split('/');
  const vowel = !ENDS_IN_A_CONSONANT.test(bare) || (particle === '으로/로' && ENDS_IN_RIEUL.test(bare));
  return vowel ? afterVowel : afterConsonant;
}
