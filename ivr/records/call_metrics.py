"""Metrics of calls: what the fold of their journals counts. One line here, one line where it is counted (counts.py).

Labels are names of flows, nodes, engines and fixed words, never anything of a caller.
"""

import re

from prometheus_client import CollectorRegistry, Counter, Histogram

MOST_VALUES = 500
"""Values that one label takes at most; further ones are told as `other`."""
OTHER = "other"
_NAME = re.compile(r"[\w.:/ +-]{0,64}")

TURN_S = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.95, 1.2, 1.6, 2.5, 5.0)
CALL_S = (5, 10, 20, 30, 60, 120, 180, 300, 600, 1200)
SHARE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
JITTER_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1)
MOS = (2.0, 2.5, 3.0, 3.5, 3.8, 4.0, 4.2, 4.3, 4.4, 4.5)


class CallMetrics:
    """The metrics of calls in one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._known: dict[str, set[str]] = {}

        def count(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"ivr_{name}", text, labels, registry=registry)

        def spread(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"ivr_{name}", text, labels, buckets=buckets, registry=registry)

        self.offered = count("calls_offered", "Calls that came in, refused ones too")
        self.refused = count("calls_refused", "Calls that were not answered", "status", "reason")
        self.answered = count("calls_answered", "Calls that were answered", "flow")
        self.ended = count("calls_ended", "Answered calls that are over, by outcome", "flow", "outcome")
        self.hung_up = count("calls_hung_up", "Ends of calls by who ended them", "by")
        self.keys_only = count("calls_keys_only", "Calls that began without a recognizer", "flow")
        self.call_s = spread("call_seconds", "Length of answered calls", CALL_S, "flow")

        self.turns = count("turns", "Turns by node, by how the caller answered and what came of it",
                           "flow", "node", "how", "result")  # fmt: skip
        self.answer_s = spread("turn_answer_seconds", "End of voice (or last key) to the answer's first sound", TURN_S,
                               "flow", "how")  # fmt: skip
        self.part_s = spread("turn_part_seconds", "Parts of that delay", TURN_S, "part")
        self.decode_s = spread("decode_seconds", "Decoding of one result", TURN_S, "engine", "speculative")
        self.confidence = spread("recognition_confidence", "Confidence of what a spoken turn was taken for", SHARE,
                                 "flow", "node")  # fmt: skip
        self.heard = count("heard", "Final recognition results", "engine", "in_grammar")
        self.hearing_failed = count("hearing_failed", "Recognition requests that nothing could answer")
        self.understood = count("understood", "Answers of understanding, and why not by the first choice",
                                "source", "why")  # fmt: skip
        self.barge_ins = count("barge_ins", "Prompts interrupted; false: the prompt went on", "flow", "by", "false")
        self.escalations = count("escalations", "Steps taken after silence or no match", "flow", "node", "kind")
        self.keys = count("keys_pressed", "Keys pressed", "via")

        self.prompts = count("prompts", "Prompts that sounded, by the poorest means used", "source")
        self.prompts_failed = count("prompts_failed", "Prompts that no means could speak")
        self.queries = count("queries", "Business queries", "flow", "node", "status")
        self.query_s = spread("query_seconds", "Time that a business query took", TURN_S, "flow", "node")
        self.transfers = count("transfers", "Transfers", "flow", "how", "result")
        self.troubles = count("troubles", "Failures that a call went on after", "part")
        self.node_failures = count("node_failures", "Nodes whose behaviour raised: a defect", "flow", "node")

        self.late_frames = count("media_late_frames", "Frames that came too late to be sent in time")
        self.frames = count("media_frames", "Frames of 20 ms that calls lasted")
        self.received = count("media_packets_received", "RTP packets received")
        self.sent = count("media_packets_sent", "RTP packets sent")
        self.lost = count("media_packets_lost", "RTP packets of callers that never came")
        self.jitter_s = spread("media_jitter_seconds", "Mean jitter of a call", JITTER_S)
        self.mos = spread("media_mos", "Opinion score of a call's sound, estimated (E-model)", MOS)

    def bounded(self, label: str, value: str) -> str:
        """`value`, or `other` when it does not look like a name or the label has too many values already."""
        known = self._known.setdefault(label, set())
        if value in known:
            return value
        if len(known) >= MOST_VALUES or not _NAME.fullmatch(value):
            return OTHER
        known.add(value)
        return value
