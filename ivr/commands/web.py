"""`ivr web`: pages and API for supervisors and administrators."""

import sys

from ivr import settings


def web() -> None:
    """Serve the pages until stopped (started by `ivr up`)."""
    from ivr import bootstrap, logs
    from ivr.web import server
    from ivr.web.app import create_app

    values = settings.load()
    logs.configure(values.log.level, values.log.format)
    try:
        bound = server.listener(values.web.host, values.web.port)
    except OSError as error:
        print(f"web: {values.web.host}:{values.web.port} cannot be used: {error.strerror}", file=sys.stderr)
        sys.exit(1)
    app = create_app(bootstrap.web(values))
    server.run(app, bound, values.state.absolute() / "run" / "web.json", values.web.url, values.web.proxies)
