/** Korean texts that every app has. The English ones have the same keys, or the build fails. */
import { digits } from '../money.ts';
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
  table: { total: '합계' },
  errorSummary: '입력한 내용을 확인해 주십시오.',
  update: { text: '새 버전이 있습니다. 입력하던 내용은 그대로 있습니다.', now: '지금 바꾸기', later: '나중에' },
  ended: {
    title: '로그인 시간이 끝났습니다',
    text: '안전을 위해 다시 로그인해 주십시오. 입력하던 내용은 그대로 있습니다.',
    go: '다시 로그인',
  },
  notFound: { title: '찾을 수 없는 페이지입니다', text: '주소가 바뀌었거나 잘못 입력되었습니다.', go: '처음으로' },
  /** By the problem's code: what happened, and what the person can do. */
  problems: {
    offline: '서버에 연결하지 못했습니다. 인터넷 연결을 확인하고 다시 시도해 주십시오.',
    timeout: '응답이 늦어지고 있습니다. 잠시 뒤 다시 시도해 주십시오.',
    session: '로그인 시간이 끝났습니다. 다시 로그인해 주십시오.',
    too_many: '요청이 너무 많습니다. 잠시 뒤 다시 시도해 주십시오.',
    server: '서비스에 일시적인 문제가 있습니다. 잠시 뒤 다시 시도해 주십시오.',
    other: '요청을 처리하지 못했습니다. 처음 화면에서 다시 시도해 주십시오.',
    invalid_request: '입력한 내용 가운데 받을 수 없는 값이 있습니다. 고쳐서 다시 시도해 주십시오.',
    forbidden: '이 계정으로는 이용할 수 없습니다. 다른 계정으로 로그인해 주십시오.',
    not_found: '찾는 내용이 없습니다. 주소나 로그인한 계정을 확인해 주십시오.',
    programme_not_running: '아직 시행 중인 정책이 없습니다. 사업이 시작된 뒤에 이용해 주십시오.',
    idempotency_key_reused: '같은 요청이 다른 내용으로 이미 처리되었습니다. 내역을 확인한 뒤 새로 시도해 주십시오.',
    unsupported_media_type: '앱에 오류가 있습니다. 새로 고친 뒤 다시 시도해 주십시오.',
    busy: '같은 지갑의 다른 요청을 처리하고 있습니다. 잠시 뒤 다시 시도해 주십시오.',
  },
  amountFaults: {
    empty: '금액을 입력해 주십시오.',
    not_whole: '금액은 1원 단위 숫자로 입력해 주십시오. 예: 12,000',
    too_small: '금액은 1원 이상이어야 합니다.',
    too_large: '금액이 너무 큽니다.',
  },
  of: (name: string) => withParticle(name, '은/는'),
};

export type Common = typeof commonKo;
