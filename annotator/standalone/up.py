"""`make up`, from an empty folder to a page in the browser, and back to nothing running."""

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from urllib.parse import urljoin

import psycopg2
import redis

from annotator.standalone import services
from annotator.standalone.child import Service
from annotator.standalone.errors import StandaloneError
from annotator.standalone.heartbeat import HeartbeatWatch
from annotator.standalone.home import CHECKOUT, Home, home_path
from annotator.standalone.options import Options, check_port_is_free, read_options
from annotator.standalone.postgres import Postgres
from annotator.standalone.redis import Redis
from annotator.standalone.screen import Screen
from annotator.standalone.supervisor import StopRequested, Supervisor

SERVERS = ("postgres", "redis")
SERVER_TIMEOUT_S = 60
COMMAND_TIMEOUT_S = 1800
HEALTHY_TIMEOUT_S = 180


def up(environ: Mapping[str, str], screen: Screen) -> int:
    """Runs until it is asked to stop; the exit code: 0 when asked, 1 when something failed (said on the screen)."""
    try:
        options = read_options(environ)
        home = Home(options.home)
        home.make()
        with home.held():
            check_port_is_free(options)
            _run(options, home, screen)
    except StopRequested:
        screen.done("Stopped.")
        return 0
    except StandaloneError as error:
        screen.failed(str(error))
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        screen.failed(f"{error.strerror or error}{where}. The state folder is {home_path(environ)}.")
    return 1


def _run(options: Options, home: Home, screen: Screen) -> None:
    os.chdir(CHECKOUT)
    supervisor = Supervisor(home, announce=screen.announce)
    supervisor.listen_for_signals()
    try:
        Start(options, home, supervisor, screen).all()
    finally:
        with screen.step("stopping"):
            supervisor.stop_all(last=SERVERS)
            home.environment.unlink(missing_ok=True)
            home.forget_sockets()


class Start:
    """The steps of one start, in order. Each raises StandaloneError in words, or StopRequested."""

    def __init__(self, options: Options, home: Home, supervisor: Supervisor, screen: Screen) -> None:
        self.options = options
        self.home = home
        self.supervisor = supervisor
        self.screen = screen

    def all(self) -> None:
        self.supervisor.facts.update(supervisor={"pid": os.getpid()}, address=self.options.address, ready=False)
        database_url, redis_url = self.servers()
        environment = services.shared_environment(
            self.options, self.home, database_url=database_url, redis_url=redis_url
        )
        self.home.write_json(self.home.environment, {"DATABASE_URL": database_url, "REDIS_URL": redis_url})
        # The model worker needs no database: its network loads while the tables are made.
        self.supervisor.start(services.model_worker(self.options, environment))
        self.manage(environment, "database tables", "migrate", "--no-input")
        self.supervisor.start(services.web(environment))
        self.supervisor.start(services.replies_worker(environment))
        self.supervisor.start(services.beat(environment))
        self.supervisor.start(services.training_worker(environment))
        self.manage(environment, "models", "register_models")
        sign_in = self.manage(environment, "demo", "make_demo").strip() if self.options.demo else None
        self.healthy()
        self.ready(sign_in)
        self.supervisor.watch(HeartbeatWatch(redis_url), watched=services.MODEL_WORKER)

    def servers(self) -> tuple[str, str]:
        """Starts what is not given, side by side; returns DATABASE_URL and REDIS_URL once both answer."""
        sockets = self.home.socket_folder()
        database_url, redis_url = self.options.database_url, self.options.redis_url
        waiting: list[tuple[str, Callable[[], bool]]] = []
        check_given_servers(self.options)
        with self.screen.step("Postgres and Redis"):
            if redis_url is None:
                embedded = Redis(folder=self.home.path / "redis", sockets=sockets)
                self.supervisor.start(embedded.service())
                redis_url = embedded.url
                waiting.append(("Redis", embedded.is_ready))
            if database_url is None:
                postgres = Postgres(folder=self.home.path / "postgres", sockets=sockets)
                self.supervisor.start(postgres.service())
                database_url = postgres.url
                waiting.append(("Postgres", postgres.is_ready))
            for what, is_ready in waiting:
                self.supervisor.wait_until(is_ready, what=what, timeout_s=SERVER_TIMEOUT_S)
        return database_url, redis_url

    def manage(self, environment: Mapping[str, str], what: str, *words: str) -> str:
        """Runs `manage.py` with these words, showing its progress; returns what it printed."""
        service = Service(name=words[0], command=[sys.executable, "manage.py", *words], environment=environment)
        with self.screen.step(what) as progress:
            return self.supervisor.run(service, progress=progress, timeout_s=COMMAND_TIMEOUT_S)

    def healthy(self) -> None:
        with self.screen.step("all parts healthy") as status:

            def all_serve() -> bool:
                missing = unhealthy_parts(self.options.address)
                status(", ".join(missing))
                return not missing

            self.supervisor.wait_until(
                all_serve, what="all parts to be healthy", timeout_s=HEALTHY_TIMEOUT_S, every_s=0.25
            )

    def ready(self, sign_in: str | None) -> None:
        link = urljoin(self.options.address, sign_in) if sign_in else None
        self.supervisor.facts.update(ready=True, sign_in=link)
        self.supervisor.tell()
        self.screen.ready(self.options.address, sign_in=link)


def check_given_servers(options: Options) -> None:
    """Raises StandaloneError when DATABASE_URL or REDIS_URL names a server that does not answer."""
    if options.database_url:
        try:
            psycopg2.connect(options.database_url, connect_timeout=10).close()
        except psycopg2.Error as error:
            raise StandaloneError(
                f"The database that DATABASE_URL names does not answer: {str(error).strip()} "
                "Start it, correct DATABASE_URL, or unset it to use the embedded Postgres."
            ) from error
    if options.redis_url:
        try:
            with redis.Redis.from_url(options.redis_url, socket_timeout=10, socket_connect_timeout=10) as client:
                client.ping()
        except (redis.RedisError, ValueError) as error:
            raise StandaloneError(
                f"The Redis that REDIS_URL names does not answer: {error}. "
                "Start it, correct REDIS_URL, or unset it to use the embedded Redis."
            ) from error


def unhealthy_parts(address: str) -> list[str]:
    """What /healthz says is not serving yet; empty when all is well. It tells reasons to the signed in alone: see the logs."""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5):  # noqa: S310 (our own http address)
            return []
    except urllib.error.HTTPError as error:
        return _unhealthy(error)
    except OSError:
        return ["web (starting)"]


def _unhealthy(error: urllib.error.HTTPError) -> list[str]:
    try:
        components = json.load(error)["components"]
    except (ValueError, KeyError, OSError):
        return [f"web (answers {error.code})"]
    return [name.replace("_", " ") for name, state in components.items() if not state["ok"]]
