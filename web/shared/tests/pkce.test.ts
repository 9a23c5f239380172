import { expect, test } from 'vitest';
import { challengeOf, randomText } from '../session/pkce.ts';

test('the challenge is that of the example in RFC 7636, appendix B', async () => {
  expect(await challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
});

test('a verifier has 43 characters that need no escape, and no two are alike', () => {
  const verifiers = Array.from({ length: 50 }, randomText);
  for (const verifier of verifiers) expect(verifier).toMatch(/^[\w-]{43}$/);
  expect(new Set(verifiers).size).toBe(50);
});
