"""Flows of any size, built alike, for measuring: menus, questions and branches in a row, each with a way out."""


def flow_of(name: str, nodes: int) -> str:
    """flow.yaml with this many nodes: menu, collect, branch, say in turns, then `agent` and `bye`. Flows of different
    names say different words at each menu."""
    own = _word(int("".join(c for c in name if c.isdigit()) or 0))
    rows = [f"flow: {name}", "start: step_0", "nodes:"]
    for n in range(nodes - 2):
        following = f"step_{n + 1}" if n < nodes - 3 else "bye"
        match n % 4:
            case 0:
                rows.append(
                    f"  step_{n}: {{type: menu, say: Do you want part {_word(n)}?, options: ["
                    f'{{phrases: [go on please, next part {own} {_word(n)}], key: "1", '
                    f"label: the next part, next: {following}}}, "
                    f'{{phrases: [stop it now], key: "2", label: the end, next: bye}}]}}'
                )
            case 1:
                rows.append(
                    f"  step_{n}: {{type: collect, slots: {{value_{n}: {{field: digits, length: 2..6, "
                    f"say: Which number?}}}}, next: {following}}}"
                )
            case 2:
                rows.append(
                    f"  step_{n}: {{type: branch, when: [{{if: \"value_{n - 1} == '12345'\", next: bye}}], "
                    f"else: {following}}}"
                )
            case _:
                rows.append(
                    f'  step_{n}: {{type: say, say: "I heard {{value_{n - 2}:digits|nothing}}.", next: {following}}}'
                )
    rows += ["  agent: {type: hangup, say: Nobody is here.}", "  bye: {type: hangup, say: Goodbye.}"]
    return "\n".join(rows) + "\n"


def conversations_of(flow: str, nodes: int, count: int) -> str:
    """tests.yaml: each goes through up to six steps of the flow by words and keys."""
    rows = []
    for n in range(count):
        talk = ["{hears: do you want part zero}"]
        for _ in range(min(1 + n % 3, (nodes - 2) // 4)):
            talk += ["{says: go on please}", "{hears: which number}", '{presses: "42#"}', "{hears: i heard four two}"]
        rows.append(f"- name: {flow} {n}\n  talk: [{', '.join(talk)}, hangs_up]\n")
    return "".join(rows)


def _word(number: int) -> str:
    """A number in letters, so that no digits stand in a text."""
    names = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return " ".join(names[int(digit)] for digit in str(number))
