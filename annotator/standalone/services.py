"""The table of what runs beside the two servers, each with the environment it may see."""

import os
import sys
from collections.abc import Mapping, Sequence

from annotator.standalone.child import Service
from annotator.standalone.home import Home
from annotator.standalone.options import Options

MODEL_WORKER = "model-worker"
TRAINING_WORKER = "training-worker"
SETTINGS_MODULE = "annotator.config.settings"


def shared_environment(options: Options, home: Home, *, database_url: str, redis_url: str) -> dict[str, str]:
    """What every Django process sees."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": SETTINGS_MODULE,
        "PYTHONUNBUFFERED": "1",
        "SQUIGGLE_HOME": str(home.path),
        "SQUIGGLE_LEARNING": os.environ.get("SQUIGGLE_LEARNING") or str(home.path / "learning"),
        "SQUIGGLE_HOST": options.host,
        "SQUIGGLE_PORT": str(options.port),
        "SQUIGGLE_DEMO": "1" if options.demo else "0",
        "SQUIGGLE_SECRET_KEY": options.secret_key or home.secret(),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        # Each thread of glibc would keep an arena of its own; the web side's arithmetic is too small for BLAS threads.
        "MALLOC_ARENA_MAX": "2",
        "OPENBLAS_NUM_THREADS": "1",
    }


def model_worker(options: Options, django_environment: Mapping[str, str]) -> Service:
    return Service(
        name=MODEL_WORKER,
        command=_celery("inference.worker", "worker", "--queues=interactive", "--pool=solo", *_QUIET),
        environment=_without_django(django_environment, threads=options.threads),
    )


def training_worker(django_environment: Mapping[str, str]) -> Service:
    """It makes itself nice, and has one thread: clicks stay quick beside it. Without it they are answered all the same."""
    return Service(
        name=TRAINING_WORKER,
        command=_celery("inference.worker:trainer", "worker", "--queues=training", "--pool=solo", *_QUIET),
        environment=_without_django(django_environment, threads=1),
        essential=False,
    )


def _without_django(environment: Mapping[str, str], *, threads: int) -> dict[str, str]:
    """With DJANGO_SETTINGS_MODULE in sight Celery would load Django; and the workers have no business in Postgres."""
    hidden = {"DJANGO_SETTINGS_MODULE", "DATABASE_URL", "SQUIGGLE_SECRET_KEY", "OPENBLAS_NUM_THREADS"}
    kept = {key: value for key, value in environment.items() if key not in hidden}
    return {**kept, "SQUIGGLE_THREADS": str(threads)}


def web(options: Options, environment: Mapping[str, str]) -> Service:
    command = [
        sys.executable, "-m", "uvicorn", "annotator.config.asgi:application",
        f"--host={options.host}", f"--port={options.port}",
        *_proxy_words(options.trusted_proxies),
        "--ws-ping-interval=20", "--ws-ping-timeout=20", "--timeout-graceful-shutdown=3", "--no-access-log",
    ]  # fmt: skip
    return Service(name="web", command=command, environment=environment)


def _proxy_words(trusted: Sequence[str]) -> list[str]:
    """Whose word counts for where a request comes from, and whether by HTTPS: by default uvicorn believes this machine.

    What lies behind (Django, its REST framework, sockets, tiles) sees the address and the scheme that are settled here.
    """
    return ["--proxy-headers", f"--forwarded-allow-ips={','.join(trusted)}"] if trusted else ["--no-proxy-headers"]


def replies_worker(environment: Mapping[str, str]) -> Service:
    command = _celery("annotator.config.celery", "worker", "--queues=replies", "--pool=solo", *_QUIET)
    return Service(name="replies-worker", command=command, environment=environment)


def beat(environment: Mapping[str, str]) -> Service:
    command = _celery(
        "annotator.config.celery", "beat", "--scheduler=django_celery_beat.schedulers:DatabaseScheduler",
        "--pidfile=", "--loglevel=WARNING",
    )  # fmt: skip
    return Service(name="beat", command=command, environment=environment)


_QUIET = ("--without-gossip", "--without-mingle", "--loglevel=WARNING")


def _celery(app: str, *words: str) -> list[str]:
    return [sys.executable, "-m", "celery", f"--app={app}", *words]
