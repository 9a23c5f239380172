/** Korean texts that every app has. The English ones have the same keys, or the build fails. */
import { digits } from '../money.ts';
import { problemsKo } from './problems.ko.ts';
import { withParticle } from './particle.ts';

export const commonKo = {
  skip: '본문으로 건너뛰기',
  mainMenu: '주 메뉴',
  language: { label: '언어', ko: '한국어', en: 'English' },
  contrast: { more: '고대비로 보기', normal: '기본 화면으로 보기' },
  waiting: '불러오는 중입니다.',
  again: '다시 시도',
  back: '뒤로',
  close: '닫기',
  cancel: '취소',
  more: '더 보기',
  loadedAll: (count: number) => `${digits(count)}건을 모두 보여 드렸습니다.`,
  all: '전체',
  date: { year: '연도', month: '월', day: '일' },
  table: { total: '합계' },
  errorSummary: '입력한 내용을 확인해 주십시오.',
  update: { text: '새 버전이 있습니다. 입력하던 내용은 그대로 있습니다.', now: '지금 바꾸기', later: '나중에' },
  ended: {
    title: '로그인 시간이 끝났습니다',
    text: '안전을 위해 다시 로그인해 주십시오. 입력하던 내용은 그대로 있습니다.',
    go: '다시 로그인',
  },
  notFound: { title: '찾을 수 없는 페이지입니다', text: '주소가 바뀌었거나 잘못 입력되었습니다.', go: '처음으로' },
  problems: problemsKo,
  /** Where the ways on from a problem lead. */
  ways: { start: '처음으로', records: '내역 보기', sign_in: '다시 로그인', other_account: '다른 계정으로 로그인', reload: '새로 고침' },
  amountFaults: {
    empty: '금액을 입력해 주십시오.',
    not_whole: '금액은 1원 단위 숫자로 입력해 주십시오. 예: 12,000',
    too_small: '금액은 1원 이상이어야 합니다.',
    too_large: '금액이 너무 큽니다.',
  },
  of: (name: string) => withParticle(name, '은/는'),
};

export type Common = typeof commonKo;
