/**
 * What a person typed, kept in this tab while a session that ended is begun again, or over a reload. It is gone with the tab. A
 * draft names no person: it is what the form has, and the key of what was sent.
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
