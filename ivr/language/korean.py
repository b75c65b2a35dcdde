# ruff: noqa: E501 - letters of double width: no line is longer than the others
"""Korean: the words that no library has in the form callers use. Words stand apart as recognizers write them."""

from ivr.language.base import Language, rows
from ivr.language.korean_values import KOREAN_VALUES

_SINO = ["영", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"]
_NATIVE = ["", "하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉"]

KOREAN = Language(
    code="ko",
    name="Korean",
    phrases={
        "no_input": "죄송합니다, 듣지 못했습니다.",
        "no_match": "죄송합니다, 이해하지 못했습니다.",
        "use_keypad": "전화기 버튼을 사용해 주세요.",
        "invalid": "죄송합니다, 맞지 않는 값입니다.",
        "confirm": "{value}, 맞습니까?",
        "confirm.digits": "{value:digits}, 맞습니까?",
        "keypad.option": "{label}, {key} 번을 눌러 주세요.",
        "keypad.digits": "버튼으로 입력하시고 {key} 버튼을 눌러 주세요.",
        "keypad.digits_plain": "버튼으로 입력해 주세요.",
        "keypad.yes_no": "맞으면 일 번, 아니면 이 번을 눌러 주세요.",
        "keypad.number": "버튼으로 입력하시고 {key} 버튼을 눌러 주세요.",
        "keypad.mmddyyyy": "날짜를 월, 일, 연도 순서로 여덟 자리 입력해 주세요.",
        "keypad.ddmmyyyy": "날짜를 일, 월, 연도 순서로 여덟 자리 입력해 주세요.",
        "keypad.yyyymmdd": "날짜를 연도, 월, 일 순서로 여덟 자리 입력해 주세요.",
        "keypad.time": "시간을 이십사 시간제로 네 자리 입력해 주세요.",
        "keypad.amount": "금액을 입력하시고 {key} 버튼을 눌러 주세요. 소수점은 별표입니다.",
        "keypad.duration": "몇 분인지 입력하시고 {key} 버튼을 눌러 주세요.",
        "keypad.agent": "상담원 연결은 {key} 번을 눌러 주세요.",
        "did_you_say": "{first}, 아니면 {second}, 어느 쪽입니까?",
        "suggest": "{label}, 맞습니까?",
        "did_you_mean": "{choices} 중 어느 것입니까?",
        "choice.item": "{number} 번, {label}",
        "choice.join": ", 또는 ",
        "or": "또는",
        "and": "그리고",
        "one_moment": "잠시만 기다려 주세요.",
        "waiting": "천천히 말씀하세요. 듣고 있습니다.",
        "goodbye": "안녕히 계세요.",
        "limit": "죄송합니다, 통화 시간이 너무 길어졌습니다. 다시 전화해 주세요. 안녕히 계세요.",
        "hearing_failed": "죄송합니다, 저희 쪽에 문제가 있습니다. 다시 말씀하시거나 버튼을 사용해 주세요.",
        "busy": "지금은 모든 회선이 통화 중입니다. 나중에 다시 걸어 주세요. 안녕히 계세요.",
        "trouble": "죄송합니다, 문제가 생겼습니다.",
        "no_agent": "죄송합니다, 지금은 상담원이 전화를 받을 수 없습니다.",
        "nothing_to_repeat": "아직 다시 말씀드릴 내용이 없습니다.",
        "forgotten": "네, 저장된 정보를 지웠습니다.",
        "recording_stopped": "녹음을 중지했습니다.",
        "consent": "이 통화는 녹음될 수 있습니다.",
        "consent.ask": "이 통화를 녹음해도 될까요?",
        "yes": "네",
        "no": "아니요",
    },
    commands={
        "agent": rows("""
        상담원, 상담원 연결, 상담원 연결해 주세요, 상담원 바꿔 주세요, 상담원 부탁합니다, 상담사,
        상담사 연결, 사람, 사람하고 통화, 사람 바꿔 주세요, 직원, 직원 연결해 주세요, 직원 바꿔 주세요,
        상담원과 통화하고 싶어요, 사람과 통화하고 싶어요"""),
        "repeat": rows("""
        다시, 다시 한번, 다시 말해 주세요, 다시 한번 말해 주세요, 다시 말씀해 주세요, 뭐라고요, 반복,
        못 들었어요, 다시 들려 주세요"""),
        "wait": rows("""
        잠깐만요, 잠깐만, 잠시만요, 잠시만, 기다려 주세요, 잠깐 기다려 주세요"""),
        "slower": rows("""
        천천히, 좀 천천히, 천천히 말해 주세요, 너무 빨라요"""),
        "louder": rows("""
        크게, 더 크게, 크게 말해 주세요, 안 들려요, 잘 안 들려요"""),
        "back": rows("""
        뒤로, 이전, 이전으로, 돌아가"""),
        "start_over": rows("""
        처음, 처음으로, 처음부터, 처음부터 다시, 처음 메뉴"""),
        "stop_recording": rows("""
        녹음 중지, 녹음하지 마세요, 녹음 하지 마세요, 녹음 그만"""),
        "forget_me": rows("""
        저를 잊어 주세요, 나를 잊어 주세요, 제 정보를 지워 주세요, 내 정보 지워 주세요, 정보 삭제해 주세요,
        기억하지 마세요, 제 번호를 지워 주세요"""),
    },
    yes=rows("""
        네, 예, 응, 맞아요, 맞습니다, 네 맞아요, 네 맞습니다, 예 맞아요, 예 맞습니다, 그래요, 그렇습니다,
        좋아요, 좋습니다, 네 그래요, 맞아, 그럼요, 물론, 물론이죠, 네 그렇습니다, 네 네, 네 해 주세요,
        부탁합니다, 네 부탁합니다, 확인, 오케이, 네네, 네 네 네,
        부탁드립니다, 네 부탁드립니다, 맞는 것 같아요, 네 맞는 것 같아요, 당연하죠, 당연하지요, 네 확인했어요, 그래, 그렇죠,
        그렇게 해 주세요, 네 그렇게 해 주세요, 네 물론이죠, 네 좋아요, 네 괜찮아요, 동의합니다, 네 동의합니다, 할게요"""),
    no=rows("""
        아니요, 아니오, 아니, 아뇨, 아니에요, 아닙니다, 틀려요, 틀렸어요, 틀립니다, 안 돼요, 싫어요,
        아니요 틀려요, 아니요 아니에요, 아니요 아닙니다, 아니요 괜찮아요, 괜찮아요, 괜찮습니다, 됐어요,
        없어요, 없습니다, 아니요 없어요, 하지 마세요, 안 해요, 맞지 않아요,
        틀렸습니다, 아니요 틀렸어요, 됐습니다, 아니요 됐습니다, 안 할래요, 안 할게요, 필요 없어요, 아니요 필요 없어요, 그거 아니에요,
        아니 그거 말고요, 아니요 그게 아니에요, 동의하지 않습니다, 동의 안 해요, 다음에 할게요, 나중에요"""),
    corrections=rows("""
        아니요, 아니, 아뇨, 아니오, 아니요 제 번호는, 아니 그게 아니라, 그게 아니라, 다시, 정정, 아니에요"""),
    fillers=rows("""
        음, 어, 저, 그, 저기, 그게"""),
    before=rows("""
        저, 저기요, 네, 여보세요, 안녕하세요, 혹시, 그럼"""),
    after=rows("""
        주세요, 요, 좀, 부탁합니다, 부탁드립니다, 부탁해요, 입니다, 이요, 이에요, 예요"""),
    digits={word: str(n) for n, word in enumerate(_SINO)}
    | {"공": "0", "륙": "6", "제로": "0"}
    | {word: str(n) for n, word in enumerate(_NATIVE) if word},
    say_digits={str(n): word for n, word in enumerate(_SINO)} | {"0": "공"},
    repeats={},
    digit_groups={},
    tens={},
    keys={str(n): word for n, word in enumerate(_SINO)} | {"0": "영", "*": "별표", "#": "우물 정자"},
    choose={str(n): (word, f"{word} 번", f"{word}번") for n, word in enumerate(_SINO)}
    | {"0": ("영", "영 번", "공", "공 번"), "*": ("별표",), "#": ("우물 정자", "샵")},
    lead_ins=rows("""
        제 번호는, 번호는, 우편번호는, 전화번호는, 제 전화번호는,
        이메일은, 제 이메일은, 메일 주소는, 코드는, 한, 약,
        주문 번호는, 제 주문 번호는, 주문번호는, 주문번호, 주문 번호, 주문, 번호"""),
    particles=rows("""
        에, 국에, 번, 번이요, 번입니다, 이요, 요, 입니다, 이에요, 예요, 이고요"""),
    scales=frozenset(["십", "백", "천", "만"]),
    values=KOREAN_VALUES,
)
