"""What the services process counts. No caller's data in labels."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

REQUESTS = Counter("ivr_services_requests", "Requests of media", ["request", "outcome"], registry=REGISTRY)
REQUEST_SECONDS = Histogram(
    "ivr_services_request_seconds",
    "Time to answer a request of media",
    ["request"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=REGISTRY,
)
LOOP_LAG = Gauge("ivr_services_loop_lag_seconds", "How late the event loop was, last second", registry=REGISTRY)
FLOW_PROBLEMS = Gauge("ivr_flow_problems", "Mistakes in the flows as they are written now", registry=REGISTRY)
WAITING_JOURNALS = Gauge("ivr_records_open_journals", "Journals not yet delivered to their end", registry=REGISTRY)
DELIVERY_AGE = Gauge("ivr_records_delivery_age_seconds", "Since records were last delivered", registry=REGISTRY)
OPEN_REQUESTS = Gauge("ivr_services_requests_open", "Requests of media that wait for their answer", registry=REGISTRY)
DATABASE_UP = Gauge("ivr_records_database_up", "1: records are delivered", registry=REGISTRY)
LIVE_CALLS = Gauge("ivr_live_calls", "Calls that media carries", registry=REGISTRY)
MAX_CALLS = Gauge("ivr_max_calls", "Calls that media takes at most", registry=REGISTRY)
FREE_CALLS = Gauge("ivr_free_calls", "Calls that media would take now; 0 while it drains", registry=REGISTRY)
DRAINING = Gauge("ivr_draining", "1: media takes no new calls", registry=REGISTRY)
MEDIA_UP = Gauge("ivr_media_up", "1: the media process is connected", registry=REGISTRY)
