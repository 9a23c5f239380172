import { Page } from '../../../shared/ui/page.tsx';
import { path } from '../paths.ts';
import { ShopFinder } from '../parts/shops.tsx';
import { texts } from '../texts.ts';

/** Shops of a district, each with what the member would get there. */
export function Shops() {
  const t = texts().shops;
  return (
    <Page title={t.title} app={texts().app} lead={t.lead}>
      <ShopFinder to={path.shop} withBenefit />
    </Page>
  );
}
