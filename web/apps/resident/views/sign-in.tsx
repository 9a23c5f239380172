import { useLocation } from 'preact-iso';
import type { Problem } from '../../../shared/api/problem.ts';
import { ProblemNote } from '../../../shared/ui/answer.tsx';
import { Icon } from '../../../shared/ui/icons.tsx';
import { Page } from '../../../shared/ui/page.tsx';
import { useSignal } from '@preact/signals';
import { asProblem } from '../../../shared/api/problem.ts';
import { session } from '../city.ts';
import { path } from '../paths.ts';
import { texts } from '../texts.ts';

/** The page before sign-in. After signing in, the page that was asked for is shown. */
export function SignIn(props: { problem: Problem | null }) {
  const t = texts().signIn;
  const { url } = useLocation();
  const problem = useSignal(props.problem);
  const go = () => {
    session.signIn(url).catch((thrown: unknown) => {
      problem.value = asProblem(thrown);
    });
  };
  return (
    <Page title={t.title} app={texts().app} hideTitle>
      {problem.value && <ProblemNote problem={problem.value} form />}
      <section class="hero welcome">
        <Icon name="brand" />
        <p class="welcome-title">{t.title}</p>
        <p>{t.text}</p>
        <div class="actions">
          <button type="button" class="button button-large button-on-colour" onClick={go}>
            {t.go}
          </button>
        </div>
      </section>
      <ul class="points card">
        {t.points.map((point) => (
          <li key={point}>
            <Icon name="check" />
            <span>{point}</span>
          </li>
        ))}
      </ul>
      <a class="more" href={path.policy()}>
        {t.policy}
        <Icon name="right" />
      </a>
    </Page>
  );
}
