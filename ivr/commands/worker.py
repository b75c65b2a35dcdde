"""`ivr worker`: background tasks, run by Celery (docs/business.md)."""

from ivr import settings


def worker() -> None:
    """Run background tasks until stopped (started by `ivr up` with `tasks.worker = "celery"`)."""
    from ivr.bootstrap import redis_address
    from ivr.business.task_worker import work_off

    values = settings.load()
    secret = values.webhooks.secret.get_secret_value()
    work_off(redis_address(values), values.tasks.timeout_s, secret, values.tasks.at_once)
