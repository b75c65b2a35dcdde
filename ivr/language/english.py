"""English: the words that no library has in the form callers use."""

from ivr.language.base import Language, rows
from ivr.language.english_values import ENGLISH_VALUES

_ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

ENGLISH = Language(
    code="en",
    name="English",
    phrases={
        "no_input": "Sorry, I did not hear you.",
        "no_match": "Sorry, I did not get that.",
        "use_keypad": "Please use your keypad.",
        "invalid": "Sorry, that cannot be right.",
        "confirm": "I heard {value}. Is that right?",
        "confirm.digits": "I heard {value:digits}. Is that right?",
        "keypad.option": "For {label}, press {key}.",
        "keypad.digits": "Please type it on your keypad, then press {key}.",
        "keypad.digits_plain": "Please type it on your keypad.",
        "keypad.yes_no": "For yes, press one. For no, press two.",
        "keypad.number": "Please type it on your keypad, then press {key}.",
        "keypad.mmddyyyy": "Please type the date with eight digits: month, day and year.",
        "keypad.ddmmyyyy": "Please type the date with eight digits: day, month and year.",
        "keypad.yyyymmdd": "Please type the date with eight digits: year, month and day.",
        "keypad.time": "Please type the time with four digits, from zero to twenty four hours.",
        "keypad.amount": "Please type the amount, with star for the point, then press {key}.",
        "keypad.duration": "Please type how many minutes, then press {key}.",
        "keypad.agent": "To speak to a person, press {key}.",
        "did_you_say": "Did you say {first}, or {second}?",
        "suggest": "Did you mean {label}?",
        "did_you_mean": "Did you mean {choices}?",
        "choice.item": "{number}, {label}",
        "choice.join": ", or ",
        "or": "or",
        "and": "and",
        "one_moment": "One moment please.",
        "waiting": "Take your time. I am listening.",
        "goodbye": "Goodbye.",
        "limit": "I am sorry, this call has taken too long. Please call again. Goodbye.",
        "hearing_failed": "Sorry, there is a problem on our side. Please say that again, or use your keypad.",
        "busy": "All our lines are busy. Please call again later. Goodbye.",
        "trouble": "I am sorry, something went wrong.",
        "no_agent": "I am sorry, nobody can take your call now.",
        "nothing_to_repeat": "There is nothing to repeat yet.",
        "forgotten": "All right, I have forgotten what I knew about you.",
        "recording_stopped": "The recording is stopped.",
        "consent": "This call may be recorded.",
        "consent.ask": "May we record this call?",
        "yes": "yes",
        "no": "no",
    },
    commands={
        "agent": rows("""
        agent, operator, representative, a person, a human, human being, real person, customer service,
        speak to an agent, speak to a person, talk to a person, talk to a human, talk to someone,
        speak to someone, speak to a human, talk to an agent, speak to a representative,
        speak with an agent, talk to a representative, i want to speak to a person,
        i want to talk to a human, get me an agent, let me talk to someone, connect me to an agent,
        transfer me to an agent, put me through to a person, can i speak to someone,
        can i talk to a real person, i need a human, i need to speak to someone"""),
        "repeat": rows("""
        repeat, repeat that, say that again, say it again, again, pardon, what was that, what did you say,
        come again, once more, can you repeat that, could you say that again, i did not understand,
        i didn't catch that, sorry what, excuse me, one more time"""),
        "wait": rows("""
        wait, wait a moment, wait a minute, hold on, hang on, just a moment, one moment, one second,
        just a second, give me a second, give me a minute, hold on a second, let me check, let me look,
        let me find it, i have to look for it"""),
        "slower": rows("""
        slower, speak slower, more slowly, speak more slowly, too fast, slow down, not so fast"""),
        "louder": rows("""
        louder, speak louder, speak up, i can't hear you, i cannot hear you, too quiet"""),
        "back": rows("""
        back, go back, previous, take me back, the previous question, one step back"""),
        "start_over": rows("""
        start over, start again, main menu, from the beginning, back to the beginning, go to the main menu,
        restart, begin again"""),
        "stop_recording": rows("""
        stop recording, stop the recording, do not record, don't record this, don't record me,
        no recording, i do not want to be recorded"""),
        "forget_me": rows("""
        forget me, please forget me, do not remember me, don't remember me, delete my data, delete my profile,
        erase my data, forget my number, forget everything about me, i do not want to be remembered"""),
    },
    yes=rows("""
        yes, yeah, yep, yup, yes please, yes it is, that's right, that is right, right, correct,
        that's correct, that is correct, sure, okay, ok, of course, absolutely, exactly, please do,
        go ahead, uh huh, mhm, yes that's right, yes that is right, yes correct, yes that's correct,
        yes i do, yes i would, i do, it is, you got it, affirmative, definitely, certainly, yes sir,
        yes ma'am, yes do it, do it, i think so, yes i am, sounds good, fine, alright, all right, yes yes,
        yeah that's right, yeah sure, yes of course, indeed, true, why not, that's it, perfect, you bet,
        that would be great, that'd be great, that would be nice, that works, works for me, i'd like that, great, good,
        very good, yes you may, yes go ahead, that's the one, yes that's the one, yes that's it, exactly right,
        by all means, naturally, totally, i did, i have, i can, i will, yes i did, yes i have, yes i can"""),
    no=rows("""
        no, nope, nah, no thanks, no thank you, that's wrong, that is wrong, wrong, not right, incorrect,
        that's not right, that is not right, not correct, that's not correct, that's incorrect,
        no it's not, no it isn't, no it is not, it is not, it isn't, no that's wrong, no that is wrong,
        no that's not right, no that is not right, not at all, no i don't, no i do not, i don't, i do not,
        don't, do not, never, negative, uh uh, no way, of course not, certainly not, absolutely not, no no,
        not really, i don't think so, no i would not, no i wouldn't, no sir, no ma'am, please don't,
        no that's not it, that's not it, cancel that, never mind, false, nothing else, no that's all,
        i'd rather not, i would rather not, not today, not now, not this time, that's not what i said,
        that is not what i said, i didn't say that, i did not, i didn't, no i did not, no i didn't, i can't, i cannot,
        i have not, i haven't, i won't, that's a no, no it's wrong, you're wrong, no you got that wrong,
        that's all, no nothing, nothing"""),
    negations=rows("not, don't, isn't, aren't, never, no, hardly"),
    corrections=rows("""
        no, no no, nope, no it's, no it is, no i said, i said, i meant, no i meant, wrong it's,
        no that's wrong it's, that's wrong it's, that is wrong it is, not that, no the number is,
        no my number is, no sorry, sorry, sorry i meant, wait, actually, actually it's, no actually,
        make that, no make that, correction, it should be, no it should be"""),
    fillers=rows("""
        uh, um, er, erm, ah, hmm, well, so, like, you know"""),
    before=rows("""
        please, hi, hello, hey, good morning, okay, can you, could you, can you please, could you please,
        would you, i want to, i'd like to, i would like to, i need to, i wanna, can i, could i, may i,
        i want, i need, i'd like, yes, hi i want to, hello i would like to, hi can you"""),
    after=rows("""
        please, thanks, thank you, now, right now, today, if you can, for me, for me please, then"""),
    digits={word: str(n) for n, word in enumerate(_ONES)} | {"oh": "0", "o": "0", "nought": "0", "niner": "9"},
    say_digits={str(n): word for n, word in enumerate(_ONES)},
    repeats={"double": 2, "triple": 3, "treble": 3},
    digit_groups={word: str(10 + n) for n, word in enumerate(_TEENS)}
    | {word: str(20 + 10 * n) for n, word in enumerate(_TENS)},
    tens={word: str(2 + n) for n, word in enumerate(_TENS)},
    keys={str(n): word for n, word in enumerate(_ONES)} | {"*": "star", "#": "pound"},
    choose={str(n): (word, f"number {word}", f"option {word}", f"press {word}") for n, word in enumerate(_ONES)}
    | {"*": ("star",), "#": ("pound", "hash")},
    lead_ins=rows("""
        it is, it's, that is, that's, this is, the number is, my number is, number, my order number is,
        the order number is, order number, order, my order is, my account number is, the code is,
        i think it's, i think it is, yes it is, yes it's, sure it's, okay it's, i have, here it is,
        that would be, it would be, it starts with, my email is, my email address is, the email is, the address is,
        my zip code is, the zip code is, my zip is, the zip is, my postal code is, my phone number is, area code,
        you can reach me at, call me at, my code is, the date is, on, at, i would say, about, around, let's say,
        maybe, probably, make it"""),
    homophones={"for": "4", "to": "2", "too": "2", "ate": "8", "won": "1", "tree": "3", "sex": "6", "nein": "9"},
    scales=frozenset(["hundred", "thousand"]),
    values=ENGLISH_VALUES,
)
