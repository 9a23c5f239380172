/** A request of a part of a page to the API: waiting, answered, or failed with a way to repeat it. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { asProblem, type Problem } from './problem.ts';

export type Answer<T> = {
  /** The latest answer; it stays while the request is repeated with the same inputs. */
  value: T | null;
  problem: Problem | null;
  waiting: boolean;
  again: () => void;
};

/** Ask whenever `inputs` change. `null` asks for nothing yet. An answer to earlier inputs is dropped. */
export function useAnswer<T>(ask: (() => Promise<T>) | null, inputs: unknown[]): Answer<T> {
  const key = JSON.stringify(inputs) + (ask === null);
  const [state, setState] = useState<{ key: string; value: T | null; problem: Problem | null; waiting: boolean }>({
    key,
    value: null,
    problem: null,
    waiting: ask !== null,
  });
  const latest = useRef(0);
  const run = useCallback(() => {
    const turn = ++latest.current;
    if (!ask) {
      setState({ key, value: null, problem: null, waiting: false });
      return;
    }
    setState((before) => ({ key, value: before.key === key ? before.value : null, problem: null, waiting: true }));
    ask().then(
      (value) => turn === latest.current && setState({ key, value, problem: null, waiting: false }),
      (thrown: unknown) =>
        turn === latest.current &&
        setState((before) => ({ ...before, problem: asProblem(thrown), waiting: false })),
    );
  }, [key]);
  useEffect(() => {
    run();
    return () => {
      latest.current++;
    };
  }, [run]);
  // Between a change of inputs and the effect that asks, the old answer belongs to no request.
  if (state.key !== key) return { value: null, problem: null, waiting: ask !== null, again: run };
  return { value: state.value, problem: state.problem, waiting: state.waiting, again: run };
}
