import { useAnswer } from '../../../shared/api/asking.ts';
import { language } from '../../../shared/i18n/language.ts';
import { cityMonth, monthName } from '../../../shared/time.ts';
import { Answered } from '../../../shared/ui/answer.tsx';
import { Page } from '../../../shared/ui/page.tsx';
import { policyInForce, readWallet } from '../city.ts';
import { LimitSummary } from '../parts/limit.tsx';
import { path } from '../paths.ts';
import { texts } from '../texts.ts';

/** The amount left of each limit of the policy in force, by band. */
export function Limits() {
  const t = texts();
  const both = useAnswer(() => Promise.all([policyInForce(), readWallet()]), []);
  const month = both.value && cityMonth();
  return (
    <Page title={t.limits.title} app={t.app} lead={month ? t.limits.of(monthName(month, language.value)) : ''}>
      <Answered answer={both}>
        {([policy, wallet]) => (
          <div class="card">
            <LimitSummary policy={policy} wallet={wallet} full />
          </div>
        )}
      </Answered>
      <div class="actions">
        <a class="button" href={path.planner()}>
          {t.planner.title}
        </a>
        <a class="button button-quiet" href={path.policy()}>
          {t.home.newsAll}
        </a>
      </div>
    </Page>
  );
}
