"""What problems say to people in Korean: a sentence for each code. The English of the domain says more of the single case."""

from collections.abc import Mapping
from typing import Any

from eeum.aws.korean_policies import POLICY_FAULTS

PROBLEMS: Mapping[str, str] = {
    "invalid_request": "요청의 형식이 올바르지 않습니다.",
    "forbidden": "이 요청을 할 권한이 없습니다.",
    "not_found": "찾을 수 없거나 본인의 것이 아닙니다.",
    "programme_not_running": "지금 시행 중인 정책이 없습니다.",
    "bank_reference_used": "이미 다른 지갑이나 다른 금액으로 처리된 은행 거래번호입니다.",
    "already_applied": "이 사업자등록번호로 접수되었거나 승인된 신청이 있습니다.",
    "too_many_items": "한 번에 처리할 수 있는 항목 수를 넘었습니다. 결제를 나누어 보내 주십시오.",
    "already_decided": "이미 승인되었거나 반려된 신청입니다.",
    "application_changed": "검토한 신청이 아닙니다. 그사이 새 신청이 접수되었으니 다시 확인해 주십시오.",
    "payment_declined": "거절된 결제입니다.",
    "payment_voided": "승인이 취소된 결제입니다.",
    "nothing_captured": "아직 매입되지 않은 결제입니다. 취소 대신 승인취소를 해 주십시오.",
    "cancellation_exceeds_payment": "취소할 수 있는 금액보다 큽니다.",
    "too_many_cancellations": "더 이상 부분 취소할 수 없습니다. 남은 금액 전체를 취소해 주십시오.",
    "not_a_hold": "승인과 동시에 매입된 결제입니다.",
    "hold_closed": "보류된 금액이 없습니다.",
    "hold_expired": "매입 기한이 지난 결제입니다.",
    "capture_exceeds_hold": "매입할 수 있는 금액이나 횟수를 넘습니다.",
    "policy_instant_taken": "같은 시각에 시작하거나 이름이 같은 정책이 있습니다.",
    "draft_exists": "같은 이름의 초안이나 정책이 있습니다.",
    "draft_changed": "그사이 초안이 바뀌었습니다. 다시 확인해 주십시오.",
    "draft_closed": "이미 승인, 반려 또는 철회된 초안입니다.",
    "draft_not_checked": "이 수정본은 아직 검사를 통과하지 않았습니다.",
    "simulation_missing": "이 초안의 모의 계산 결과가 없습니다.",
    "approval_by_author": "작성한 사람은 승인할 수 없습니다. 다른 운영자가 승인해 주십시오.",
    "amendment_invalid": "적용할 수 없는 개정입니다.",
    "amendment_too_late": "개정은 효력이 생기기 120초 전까지 저장해야 합니다.",
    "amendment_closed": "이미 승인, 반려 또는 철회된 개정안입니다.",
    "programme_not_empty": "이미 정책이 있는 사업에는 과거 정책을 올릴 수 없습니다.",
    "budget_line_taken": "이 회계연도에 이름이나 지급 대상이 같은 예산이 있습니다.",
    "budget_line_applies_too_soon": "예산은 적용 시각 120초 전까지 등록해야 합니다.",
    "fiscal_year_closed": "마감된 회계연도입니다.",
    "fiscal_year_not_over": "아직 마감할 수 없는 회계연도입니다.",
    "unsupported_media_type": "요청 본문은 application/json이어야 합니다.",
    "idempotency_key_reused": "다른 내용의 요청에 이미 사용된 Idempotency-Key입니다.",
    "merchant_excluded": "지역화폐 가맹이 제한되는 업종이나 매출 규모입니다.",
    "policy_invalid": "정책 문서에 잘못된 부분이 있습니다.",
    "policy_starts_too_soon": "정책은 시행 시각 120초 전까지 저장해야 합니다.",
    "busy": "지금 요청이 몰려 있습니다. 잠시 뒤 같은 요청을 다시 보내 주십시오.",
}
"""By the code of a problem; a test holds the table complete."""

OF_ANY_FAULT = "올바른 값이 아닙니다."
FAULTS: Mapping[str, str] = {
    "missing": "꼭 필요한 항목입니다.",
    "length": "길이가 맞지 않습니다.",
    "characters": "쓸 수 없는 글자가 있습니다. 쉼표를 뺀 ASCII 글자만 쓸 수 있습니다.",
    "too_large": "본문이 너무 큽니다.",
    "not_text": "UTF-8 텍스트가 아닙니다.",
    "not_json": "JSON이 아닙니다.",
    "not_an_object": "JSON 객체가 아닙니다.",
    "repeated_field": "한 객체에 같은 항목이 두 번 있습니다.",
    "number_too_long": "숫자가 너무 깁니다.",
    "nested_too_deep": "너무 깊게 중첩되어 있습니다.",
    "invalid_value": OF_ANY_FAULT,
    "unknown_parameter": "이 요청에 없는 조회 조건입니다.",
    "instant_format": "2021-01-31T23:58:00+09:00과 같은 시각이어야 합니다.",
    "not_past": "아직 오지 않았거나 있을 수 없는 날짜입니다.",
    "day_format": "1980-05-18과 같은 날짜여야 합니다.",
    "unknown_cursor": "이 목록에서 받은 커서가 아닙니다.",
    "malformed": "124-81-00998과 같은 열 자리 숫자여야 합니다.",
    "period": "기간이 너무 길거나 시작과 끝이 바뀌었습니다.",
    "outside_of_the_year": "회계연도 안의 시각이어야 합니다.",
    "check_digit": "사업자등록번호의 검증번호가 맞지 않습니다.",
    "never_assigned": "부여되지 않는 사업자등록번호입니다.",
    "unknown_district": "시행 중인 정책에 없는 군·구입니다.",
    "unknown_category": "시행 중인 정책에 없는 업종입니다.",
    "unknown_flag": "시행 중인 정책에 없는 표시입니다.",
    "one_amendment": "종료, 중단, 중단 해제 중 하나만 지정해야 합니다.",
    "nothing_decided": "결정하는 내용이 없습니다.",
    "not_paid_in_the_app": "앱 결제는 바로 매입되며, 매장과 QR에서만 할 수 있습니다.",
    "unknown_condition": "정책 언어에 없는 조건입니다.",
    "unknown_fact": "정책 언어에 없는 결제 정보입니다.",
    "extra_forbidden": "알 수 없는 항목입니다.",
    "greater_than_equal": "{ge} 이상이어야 합니다.",
    "less_than_equal": "{le} 이하여야 합니다.",
    "string_too_short": "{min_length}자 이상이어야 합니다.",
    "string_too_long": "{max_length}자 이하여야 합니다.",
    "too_short": "{min_length}개 이상이어야 합니다.",
    "too_long": "{max_length}개 이하여야 합니다.",
    "string_pattern_mismatch": "형식에 맞지 않거나 쓸 수 없는 글자가 있습니다.",
    "not_composed": "자모로 풀어 쓴 글자나 호환용 글자가 있습니다. 유니코드 NFC(완성형)로 써 주십시오.",
    "string_unicode": "올바른 유니코드 텍스트가 아닙니다.",
    "string_type": "텍스트여야 합니다.",
    "int_type": "정수여야 합니다.",
    "int_parsing": "정수여야 합니다.",
    "bool_type": "true 또는 false여야 합니다.",
    "list_type": "목록이어야 합니다.",
    "dict_type": "객체여야 합니다.",
    "model_attributes_type": "객체여야 합니다.",
    "enum": "정해진 값 중 하나여야 합니다.",
    "literal_error": "정해진 값 중 하나여야 합니다.",
    "unknown_version": "없는 정책입니다.",
    "unknown_layer": "정책에 없는 캐시백 항목입니다.",
    "unknown_suspension": "없는 중단입니다.",
    "ends_before_start": "시작보다 먼저 끝납니다.",
    "changes_nothing": "바뀌는 내용이 없습니다.",
}
"""By the code of a fault, but for those that only policy documents have. An unknown code gets `OF_ANY_FAULT`."""


def korean_problem(code: str) -> str:
    return PROBLEMS[code]


def korean_fault(code: str, bounds: Mapping[str, Any]) -> str:
    """The sentence of a code; `bounds` has the numbers that it names."""
    sentence = FAULTS.get(code) or POLICY_FAULTS.get(code, OF_ANY_FAULT)
    try:
        return sentence.format(**{name: _grouped(value) for name, value in bounds.items()})
    except KeyError:
        return OF_ANY_FAULT


def _grouped(value: Any) -> Any:
    return f"{value:,}" if isinstance(value, int) else value
