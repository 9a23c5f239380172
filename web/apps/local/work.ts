/** The piece of work that the city does, read repeatedly while it is in progress. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { read, type Work } from './console.ts';

const LOOK_MS = 400;

export const work = signal<Work | null>(null);
let looking = false;

/** Follow the latest piece of work, if one is in progress. */
export function useWork(): Work | null {
  useEffect(() => {
    void follow();
  }, []);
  return work.value;
}

export async function follow(begun?: Work): Promise<void> {
  if (begun) work.value = begun;
  if (looking) return;
  looking = true;
  try {
    do {
      work.value = await read<Work | null>('work').catch(() => work.value);
      if (work.value?.status === 'running') await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    } while (work.value?.status === 'running');
  } finally {
    looking = false;
  }
}
