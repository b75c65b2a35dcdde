# ruff: noqa: E501 - letters of double width: no line is longer than the others
"""Korean: how people say dates, times, durations, amounts, letters and addresses. Data; value_words.py explains it."""

from ivr.language.base import rows
from ivr.language.value_words import Numerals, Spoken, ValueWords, rules

_SINO = ["영", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"]
_HOURS = ["열두", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "열한"]
_WEEKDAYS = ["월", "화", "수", "목", "금", "토", "일"]
_PLACES = ["첫", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "열한", "열두"]

KOREAN_VALUES = ValueWords(
    spaces=False,
    numerals=Numerals(
        ones={"영": 0, "공": 0, "일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "륙": 6, "칠": 7, "팔": 8, "구": 9},
        small={"십": 10, "백": 100, "천": 1000},
        large={"만": 10_000, "억": 100_000_000},
        native_tens={"열": 10, "스물": 20, "스무": 20, "서른": 30, "마흔": 40, "쉰": 50, "예순": 60, "일흔": 70,
                     "여든": 80, "아흔": 90},
        native_ones={"하나": 1, "한": 1, "둘": 2, "두": 2, "셋": 3, "세": 3, "넷": 4, "네": 4, "다섯": 5, "여섯": 6,
                     "일곱": 7, "여덟": 8, "아홉": 9},
    ),
    ranges={
        "day": "cardinal 1..31",
        "year": "cardinal 1900..2099",
        "n": "cardinal 1..100, native 1..30",
        "sino": "cardinal 1..59",
        "hour24": "cardinal 13..24",
        "small": "cardinal 1..99",
        "cents": "cardinal 1..99",
    },
    tables={
        "month": {f"{word}월": str(n) for n, word in enumerate(
            ["", "일", "이", "삼", "사", "오", "유", "칠", "팔", "구", "시", "십일", "십이"]) if word}
        | {"육월": "6", "십월": "10"},
        "weekday": {f"{word}요일": str(n) for n, word in enumerate(_WEEKDAYS)}
        | {f"{word}욜": str(n) for n, word in enumerate(_WEEKDAYS)},
        "hour": {word: str(n or 12) for n, word in enumerate(_HOURS)},
        "half": {"오전": "am", "아침": "am", "새벽": "am", "오후": "pm", "낮": "pm", "저녁": "pm", "밤": "night",
                 "오늘 밤": "night", "오늘 저녁": "pm", "내일 아침": "am", "내일 오전": "am", "내일 오후": "pm"},
        "short_year": {f"{t}{o}": str(base + 10 * m + n)
                       for base, m, t in ((1900, 5, "오십"), (1900, 6, "육십"), (1900, 7, "칠십"), (1900, 8, "팔십"),
                                          (1900, 9, "구십"), (2000, 2, "이십"), (2000, 3, "삼십"))
                       for n, o in enumerate(["", *_SINO[1:]])},
        "currency": {"원": "KRW", "달러": "USD", "불": "USD", "유로": "EUR", "엔": "JPY", "파운드": "GBP", "위안": "CNY",
                     "krw": "KRW", "usd": "USD", "eur": "EUR", "jpy": "JPY", "gbp": "GBP"},
        "cent": {"센트": "c"},
        "unit": {"초": "s", "분": "m", "시간": "h", "일": "d", "주": "w", "주일": "w", "주간": "w"},
        "timeunit": {"분": "m", "시간": "h"},
        "dayunit": {"일": "day", "주": "week", "주일": "week", "달": "month", "개월": "month", "년": "year"},
        "days": {"하루": "1", "이틀": "2", "사흘": "3", "나흘": "4", "닷새": "5", "엿새": "6", "이레": "7", "열흘": "10",
                 "보름": "15"},
        "place": {f"{word} 번째": str(n) for n, word in enumerate(_PLACES, 1)} | {"마지막": "-1", "끝": "-1", "맨 끝": "-1",
                                                                         "맨 앞": "1"},
        "first_second": {"첫 번째": "1", "첫 번째요": "1", "앞에 거": "1", "두 번째": "2", "두 번째요": "2", "뒤에 거": "2",
                         "둘 다 아니요": "0", "둘 다 아니에요": "0", "둘 다 아닙니다": "0"},
        "few": {"두": "2", "세": "3", "네": "4", "다섯": "5", "여섯": "6"},
        "holiday": {"크리스마스": "12-25", "성탄절": "12-25", "크리스마스 이브": "12-24", "설날": "korean new year",
                    "설": "korean new year", "추석": "chuseok", "한가위": "chuseok", "어린이날": "05-05",
                    "광복절": "08-15", "개천절": "10-03", "한글날": "10-09", "삼일절": "03-01", "현충일": "06-06",
                    "새해": "01-01", "신정": "01-01"},
    },
    dates=rules("""
        [{year} 년] {month} {day} 일 [{weekday}] [날]                  -> date
        {short_year} 년 {month} {day} 일 [생]                         -> date
        (올해|금년) {month} {day} 일                                  -> date
        내년 {month} {day} 일                                         -> date 1
        작년 {month} {day} 일                                         -> date -1
        (이번 달|이달) {day} 일 [날]                                   -> day 0
        (다음 달|내달) {day} 일 [날]                                   -> day 1
        ={day} 일 [날]                                                -> date
        (오늘|금일)                                                   -> shift 0 day
        (내일|낼|명일|다음 날)                                         -> shift 1 day
        (모레|내일모레)                                               -> shift 2 day
        글피                                                          -> shift 3 day
        어제                                                          -> shift -1 day
        (그제|그저께|엊그제)                                          -> shift -2 day
        {n} {dayunit} (후|뒤|있다가) [에]                              -> shift n
        {days} (후|뒤|있다가) [에]                                     -> shift days
        {n} {dayunit} 전 [에]                                         -> shift -n
        {days} 전 [에]                                                -> shift -days
        다음 주                                                       -> shift 7 day
        다음 달                                                       -> shift 1 month
        일주일 (후|뒤) [에]                                           -> shift 7 day
        {weekday} [날]                                                -> weekday coming
        (이번 주|이번|금주|오는|돌아오는) {weekday} [날]               -> weekday this
        (다음 주|다음|내주|담 주) {weekday} [날]                       -> weekday next_week
        다다음 주 {weekday} [날]                                      -> weekday after_week
        (지난 주|지난|저번 주) {weekday} [날]                          -> weekday last_week
        (이번 달|이달) (말|말일)                                      -> month 0 -1
        (다음 달|내달) (말|말일)                                      -> month 1 -1
        (월말|말일)                                                   -> month 0 -1
        {holiday} [날]                                                -> holiday
    """),
    times=rules("""
        [{half}] {hour} 시 [{sino} 분]                                -> clock
        [{half}] {hour} 시 반                                         -> past 30
        {hour24} 시 [{sino} 분]                                       -> clock
        [{half}] {sino} 시 [{sino} 분]                                -> sino
        {sino} 시 반                                                  -> sino 30
        {hour} 시 {sino} 분 전                                        -> to
        {half} {hour} 시 {sino} 분 전                                 -> to
        (정오|낮 열두 시)                                             -> at 12:00
        (자정|밤 열두 시)                                             -> at 00:00
        {n} {timeunit} (후|뒤|있다가) [에]                             -> shift
        (지금|지금 바로|바로)                                         -> shift 0
    """),
    durations=rules("""
        {n} {unit} [{n} {unit} [{n} {unit}]]                          -> sum
        {n} 시간 반                                                   -> half
        {n} 분 반                                                     -> half_minute
        (반 시간|삼십분)                                              -> fixed 30m
        반나절                                                        -> fixed 6h
        {days} [동안]                                                 -> days
        (일주일|한 주)                                                -> fixed 168h
        한나절                                                        -> fixed 12h
    """),
    amounts=rules("""
        {number} {currency} {number} {cent}                           -> parts
        {number} {currency}                                           -> parts
        {number} 점 {digits} {currency}                               -> decimal
        {number} {cent}                                               -> cents
        {number} {currency} 반                                        -> half
        ={number}                                                     -> parts
    """),
    mending=rules("""
        {place} [숫자|자리] [는|은|가|이] {digits}                                     -> place
        마지막 {few} 자리 [는|은|가] {digits}                                          -> span
        (끝자리|뒷자리|끝 번호|뒷번호) [는|은|가] {digits}                              -> tail
        (앞자리|앞 번호) [는|은|가] {digits}                                           -> head
        {digits} (이|가) 아니라 {digits}                                               -> swapped
        {digits} 말고 {digits}                                                         -> swapped
    """),
    ambiguous=("일",),
    point="점",
    minus=("마이너스", "영하"),
    plus=("플러스",),
    scale=(10_000, "만"),
    currency="KRW",
    key_date="yyyymmdd",
    region="KR",
    letters={"에이": "a", "비": "b", "씨": "c", "시": "c", "디": "d", "이": "e", "에프": "f", "지": "g", "쥐": "g", "에이치": "h",
             "에이취": "h", "아이": "i", "제이": "j", "케이": "k", "엘": "l", "엠": "m", "엔": "n", "오": "o", "피": "p",
             "큐": "q", "알": "r", "아르": "r", "에스": "s", "티": "t", "유": "u", "브이": "v", "더블유": "w", "엑스": "x",
             "와이": "y", "제트": "z", "지트": "z"},
    signs={"골뱅이": "@", "앳": "@", "점": ".", "닷": ".", "쩜": ".", "언더바": "_", "밑줄": "_", "하이픈": "-", "대시": "-",
           "작대기": "-", "네이버": "naver", "지메일": "gmail", "다음": "daum", "한메일": "hanmail", "카카오": "kakao",
           "컴": "com", "닷컴": ".com", "점컴": ".com", "넷": "net", "닷넷": ".net", "코": "co", "케이알": "kr",
           "핫메일": "hotmail", "아웃룩": "outlook"},
    name_starts=rows("제 이름은, 이름은, 제 성함은, 성함은, 저는, 나는, 전, 네 저는, 예약자는, 예약자 이름은"),
    name_ends=rows("입니다, 이에요, 예요, 이라고 합니다, 라고 합니다, 이라고 해요, 라고 해요, 이고요, 고요, 인데요, 이요, 요, 이야"),
    no_names=rows("뭐, 뭐라고, 뭐라고요, 누구세요, 누구, 상담원, 네, 예, 아니, 아니요, 여보세요, 다시, 몰라, 몰라요, 없어, 없어요, 주문, 번호, 예약"),
    spoken=Spoken(
        date="{month} {day}일",
        dated="{year}년 {month} {day}일",
        time="{half} {hour} 시 {minute}분",
        time_full="{half} {hour} 시",
        moment="{date} {time}",
        halves=("오전", "오후"),
        hours=tuple(_HOURS),
        months={6: "유월", 10: "시월"},
        units={"h": ("{native} 시간", "{native} 시간"), "m": ("{n}분", "{n}분"), "s": ("{n}초", "{n}초"), "d": ("{n}일", "{n}일")},
        cents="{units} {currency} {cents} {cent}",
        currencies={"KRW": ("원", "원"), "USD": ("달러", "달러"), "EUR": ("유로", "유로"), "JPY": ("엔", "엔"),
                    "GBP": ("파운드", "파운드"), "CNY": ("위안", "위안")},
        cent={"USD": ("센트", "센트"), "EUR": ("센트", "센트")},
        at="골뱅이",
        dot="점",
    ),
)  # fmt: skip
