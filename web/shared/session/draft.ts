/**
 * Form input, kept in this tab through a new sign-in or a reload, and lost with the tab. A draft names no person: it has the form's
fields, and the key of the request that was sent.
 */

const PREFIX = 'eeum-draft-';

export function keepDraft(name: string, draft: object): void {
  sessionStorage.setItem(PREFIX + name, JSON.stringify(draft));
}

export function draftOf<T extends object>(name: string): T | null {
  const kept = sessionStorage.getItem(PREFIX + name);
  try {
    return kept ? (JSON.parse(kept) as T) : null;
  } catch {
    return null;
  }
}

export function dropDraft(name: string): void {
  sessionStorage.removeItem(PREFIX + name);
}
