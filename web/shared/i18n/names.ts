/** Names of what the API gives as words: districts, categories, funders, purses. A word without a name is shown as it is. */
import type { Language } from './language.ts';

type Name = readonly [ko: string, en: string];

const DISTRICTS: Record<string, Name> = {
  jung: ['중구', 'Jung-gu'],
  dong: ['동구', 'Dong-gu'],
  michuhol: ['미추홀구', 'Michuhol-gu'],
  yeonsu: ['연수구', 'Yeonsu-gu'],
  namdong: ['남동구', 'Namdong-gu'],
  bupyeong: ['부평구', 'Bupyeong-gu'],
  gyeyang: ['계양구', 'Gyeyang-gu'],
  seo: ['서구', 'Seo-gu'],
  ganghwa: ['강화군', 'Ganghwa-gun'],
  ongjin: ['옹진군', 'Ongjin-gun'],
  jemulpo: ['제물포구', 'Jemulpo-gu'],
  yeongjong: ['영종구', 'Yeongjong-gu'],
  geomdan: ['검단구', 'Geomdan-gu'],
  seohae: ['서해구', 'Seohae-gu'],
};

const CATEGORIES: Record<string, Name> = {
  restaurant: ['음식점', 'Restaurant'],
  cafe: ['카페', 'Café'],
  bakery: ['제과점', 'Bakery'],
  butcher: ['정육점', 'Butcher'],
  grocery: ['식료품점', 'Grocery'],
  supermarket: ['슈퍼마켓', 'Supermarket'],
  convenience_store: ['편의점', 'Convenience store'],
  clothing: ['의류점', 'Clothing'],
  beauty: ['미용업', 'Beauty'],
  household_goods: ['생활용품점', 'Household goods'],
  electronics: ['가전제품점', 'Electronics'],
  large_electronics: ['대형 가전매장', 'Large electronics'],
  bookshop: ['서점', 'Bookshop'],
  academy: ['학원', 'Academy'],
  hospital: ['병의원', 'Hospital'],
  pharmacy: ['약국', 'Pharmacy'],
  gas_station: ['주유소', 'Filling station'],
  leisure: ['여가시설', 'Leisure'],
  repair: ['수리점', 'Repairs'],
  car_dealer: ['자동차 판매점', 'Car dealer'],
  used_car_dealer: ['중고차 판매점', 'Used-car dealer'],
  taxi: ['택시', 'Taxi'],
  department_store: ['백화점', 'Department store'],
  large_mart: ['대형마트', 'Hypermarket'],
  company_run_franchise: ['프랜차이즈 직영점', 'Company-run franchise'],
  nightlife: ['유흥업소', 'Nightlife'],
  gambling: ['사행업종', 'Gambling'],
  other: ['기타', 'Other'],
};

const FUNDERS: Record<string, Name> = {
  national: ['국비', 'National'],
  city: ['시비', 'City'],
  district: ['구비', 'District'],
  merchant: ['가맹점', 'The shop'],
};

const PRODUCTS: Record<string, Name> = {
  standard: ['기본 카드', 'Standard card'],
};

const PURSES: Record<string, Name> = {
  charged: ['충전금', 'Loaded balance'],
  cashback: ['캐시', 'Cashback'],
  held: ['승인 보류액', 'On hold'],
  refund_pending: ['환불 대기', 'Refund on its way'],
};

export const district = named(DISTRICTS);
export const category = named(CATEGORIES);
export const cardProduct = named(PRODUCTS);
export const funder = named(FUNDERS);

/** A purse's name; that of dated rewards is its title, which the wallet has. */
export function purse(id: string, language: Language): string {
  return named(PURSES)(id.split('@')[0] ?? id, language);
}

function named(names: Record<string, Name>): (word: string, language: Language) => string {
  return (word, language) => names[word]?.[language === 'ko' ? 0 : 1] ?? word.replaceAll('_', ' ');
}
