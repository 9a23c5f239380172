/** Proof Key for Code Exchange (RFC 7636): a secret of this tab, and what is shown of it. */

const BYTES = 32;

export function randomText(): string {
  return base64Url(crypto.getRandomValues(new Uint8Array(BYTES)));
}

/** The S256 challenge of a verifier. */
export async function challengeOf(verifier: string): Promise<string> {
  return base64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))));
}

export function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
