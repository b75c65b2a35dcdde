# ruff: noqa: E501 - a table, a row a code
"""What each code of a problem means: the table that docs/flows/problems.md is printed from (`ivr flow problems`)."""

from typing import NamedTuple


class Code(NamedTuple):
    """One kind of problem."""

    what: str
    mend: str
    warns: bool = False
    """The flow serves nevertheless."""


CODES: dict[str, Code] = {
    # the file
    "unreadable": Code("The file cannot be read.", "Look at its rights, size and links: links out of the flows folder are not followed."),
    "too_large": Code("The file is larger than a flow can be (2 MB; examples 40 MB).", "Split the flow; put tables into the database."),
    "too_deep": Code("More than 40 levels of nesting.", "Flatten it: nothing in a flow needs more than ten."),
    "encoding": Code("The file is no UTF-8 text, or holds control characters.", "Save it as UTF-8; take the character out."),
    "empty": Code("The file is empty.", "Write the flow, or take the file out."),
    "yaml": Code("This is not YAML.", "Look at the line and the one above it: indentation, quotes, colons."),
    "duplicate_key": Code("The same key twice in one mapping.", "Keep one of them."),
    "anchor": Code("YAML's `&anchors` and `*aliases` do not exist in flows.", "Write it out, or put nodes into a fragment (`include:`)."),
    "tag": Code("A text begins with `!`, which YAML takes for a type.", "Put it in double quotes."),
    "braces": Code("`{name}` stands without quotes, so YAML takes it for a mapping.", 'Quote the text: `"{name}"`.'),
    "comma": Code("A comma inside `{ }` ends a text.", "Put the text in double quotes."),
    "comment_in_text": Code("Everything behind ` #` is a comment, so a part of the text is lost.", "Quote the text; for a comment write two spaces before `#`."),
    "empty_value": Code("A key has no value.", "Write one, or leave the key out."),
    # shape
    "shape": Code("A list stands where a mapping must be, or the other way round.", "Follow the example in the message."),
    "missing": Code("A key that is needed is missing.", "Write it."),
    "unknown_key": Code("There is no such key here.", "Take the suggested one, or take it out."),
    "unknown_type": Code("There is no such node type.", "Take the suggested one."),
    "no_type": Code("A node has no `type`.", "Write `type: say` or another."),
    "not_allowed": Code("The value is none of those that are allowed.", "Take the suggested one."),
    "value": Code("The value is not written as it must be.", "Follow the message: units for times, true or false for flags, ..."),
    "name": Code("This cannot be a name.", "Use letters, digits and `_`, a letter first."),
    "reserved_name": Code("The name means something of its own (`caller`, `call`, `config`, ...).", "Choose another name for the value."),
    "flow": Code("Parts that are right by themselves do not fit together.", "Follow the message."),
    "no_flows": Code("There is no flow in this folder.", "Make a folder with a `flow.yaml`: `ivr flow new NAME`."),
    # what is named
    "unknown_node": Code("`next:` (or another way) leads to a node that does not exist.", "Take the suggested name, or write the node."),
    "unknown_intent": Code("No examples of this intent.", "Write them in `nlu.yml`, or use `phrases:`."),
    "unknown_destination": Code("A transfer to a destination that lines.yaml does not name.", "Add it to `destinations:` in lines.yaml."),
    "unknown_language": Code("A language that this flow, or this server, does not speak.", "Add it to `languages:`; `docs/languages.md` lists those that exist."),
    "unknown_flow": Code("There is no such flow.", "Name a flow that has a folder."),
    "unknown_fragment": Code("`include:` names a fragment that is not in `shared/`.", "Take the suggested name, or write the fragment."),
    "unknown_name": Code("A text, condition or statement speaks of a value that does not exist.", "Take the suggested name; scopes are in docs/flows.md."),
    "unknown_slot": Code("A slot is named that no `collect` asks for.", "Take the suggested name."),
    "unknown_holidays": Code("There is no such table of holidays.", "Write a country (`US`) or country and state (`US-CA`)."),
    "unknown_text": Code("`{text: name}` names a text that neither the flow nor its fragments have.", "Take the suggested name, or write it under `texts:`."),
    "duplicate_text": Code("Two texts of one name (one may come from a fragment).", "Rename one of them."),
    "duplicate_node": Code("Two nodes of one name (one may come from a fragment).", "Rename one of them."),
    "duplicate_flow": Code("Two folders hold a flow of the same name.", "Rename one of them."),
    "not_a_query": Code("`on_caller_hangup` names a node that is no query.", "Name a query: only these run after the caller hung up."),
    "not_given": Code("A `call` does not give a value that the other flow takes.", "Write it under `with:`."),
    "not_taken": Code("A `call` gives a value that the other flow does not take.", "Take it out, or add it to `takes:` there."),
    "never_returns": Code("The called flow has no `return`.", "Give it one, or lead there by a transfer.", True),
    "never_returned": Code("`on:` waits for a return that the called flow does not have.", "Write `as: NAME` in one of its returns."),
    "language_lacking": Code("The called flow does not speak a language of this one.", "Add it to its `languages:`."),
    "taken_by_line": Code("A flow that takes values answers a line, where nobody gives them.", "Call it from a flow of its own."),
    # values
    "template": Code("A `{...}` in a text is not closed, or its format does not exist.", "Follow the message."),
    "expression": Code("This is no CEL expression.", "Compare with `==`, join with `&&` and `||`, put texts in single quotes."),
    "sql": Code("The statement is not one that a query may run: several statements, writing without `changes: true`, `{}` in it.", "Values are `:name`; a statement that writes says `changes: true`."),
    "url": Code("A URL whose scheme or host depends on a value, or that is none.", "Write scheme and host plainly or from `config`."),
    "can_be_empty": Code("On some way through the flow this value is empty when it is said.", "Say what then: `{name|nothing}`."),
    "sensitive": Code("A sensitive value in a text, URL or header.", "It is never said, sent or written."),
    "not_verified": Code("A way leads to a node that `requires: verified` without a query that verifies.", "Put a query with `verifies: true` on every way."),
    # the graph
    "unreachable": Code("No call ever comes to this node.", "Lead there, or take it out.", True),
    "no_end": Code("From this node no call ever ends or reaches a human: a dead end or a loop without a way out.", "Lead to a `hangup`, `transfer` or `return`."),
    "silent_loop": Code("A circle of nodes that never listens: it would go round for ever.", "Ask something in between."),
    "no_way_out": Code("The last step of an escalation leads nowhere: who cannot be heard is asked for ever.", "End with `{next: agent}` or `{hangup: true}`.", True),
    "no_agent": Code("The command `agent` leads nowhere.", "Add a node `agent`, or `anywhere: [{command: agent, next: ...}]`."),
    # options and examples
    "key_twice": Code("Two options claim one key (or `anywhere` claims it).", "Choose another key."),
    "intent_twice": Code("Two options of one question claim one intent.", "Keep one."),
    "phrases_twice": Code("Two options of one question claim the same words.", "Choose others."),
    "command_twice": Code("`anywhere` names a command twice.", "Keep one."),
    "no_key": Code("No option of a menu has a key: it cannot be used when speech fails.", 'Write `key: "1"`.', True),
    "option_without_key": Code("One option of a menu has no key.", 'Write `key: "4"`.', True),
    "no_label": Code("An option with a key but no label: the keypad fallback cannot read it.", "Write `label: the status of an order`.", True),
    "many_options": Code("A menu with more than five options.", "Ask twice, or let a second menu take the rarer ones.", True),
    "same_words": Code("A sentence chooses two options of one menu: callers get the first.", "Keep it in one.", True),
    "sounds_alike": Code("Two options sound alike: callers and recognizers take one for the other.", "Choose other words.", True),
    "no_examples": Code("An intent, synonym or lookup has no examples (in some language).", "Write them: without, callers can only use keys."),
    "unused_intent": Code("Examples of an intent that nothing listens for.", "Use it, or take it out.", True),
    "taught_twice": Code("The same words are an example of two intents: neither can be learned.", "Keep them in one.", True),
    "mark": Code("A mark in an example is not closed: `[4567](order_id)`.", "Close it."),
    # texts
    "untranslated": Code("A text is missing in one of the flow's languages, or the same in all.", "Write it: `{en: ..., ko: ...}`.", True),
    "long_prompt": Code("A prompt of more than 15 s.", "Say the end first, or split it.", True),
    "digits_as_number": Code("Digits that a voice reads as one number: \"four thousand five hundred...\".", "Write `{order_id:digits}`, or spaces between the digits.", True),
    "unknown_word": Code("The recognizer's vocabulary lacks a word that callers may say (`ivr check --words`).", "Use other words; `ivr flow words` lists them.", True),
    # lines.yaml
    "number": Code("This is no telephone number and no SIP address.", 'Write `"+18005550100"` or `"sip:orders@*"`.'),
    "number_twice": Code("Two lines claim one number.", "Give it to one of them."),
    "number_overlap": Code("Two lines claim the same addresses by patterns.", "The first line wins; make the patterns differ.", True),
    "destination": Code("This is no SIP or telephone address.", 'Write `"sip:agents@pbx.example"` or `"+18005550111"`.'),
    "timezone": Code("There is no such time zone.", "Write a name like `America/New_York`."),
    "reserved": Code("More places are reserved than `max_calls` allows.", "Reserve fewer."),
    # tests.yaml
    "conversation": Code("A conversation in tests.yaml is not written as it must be.", "Follow the message; docs/testing.md has an example."),
    "not_a_list": Code("tests.yaml is no list.", "Begin each conversation with `- name: ...`."),
    "same_name": Code("Two conversations have one name.", "Rename one."),
}  # fmt: skip


def page() -> str:
    """docs/flows/problems.md."""
    rows = ["# Problems of a flow", "", _INTRODUCTION, "", "| Code | | What | Mend |", "|---|---|---|---|"]
    for name, code in CODES.items():
        kind = "warning" if code.warns else "error"
        rows.append(
            f"| `{name}` | {kind} | {code.what.replace('|', chr(92) + '|')} | {code.mend.replace('|', chr(92) + '|')} |"
        )
    return "\n".join(rows) + "\n"


_INTRODUCTION = """\
`ivr check flows/` tells all of them at once, with file, line, column and the mend. Exit code 0: no errors (there may be
warnings), 1: errors, 2: no such folder. `--json` for editors and CI: `{"ok", "flows", "problems": [{"file", "line", "column",
"code", "message", "mend", "severity"}]}`; `--strict` takes warnings for errors. A flow with errors never serves: its last
good version goes on. This page is printed by `ivr flow problems`."""
