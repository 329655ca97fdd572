"""What the web side and the model workers say to each other: frozen messages, and the names of queues and keys.

The only file that both halves of the house import. Coordinates are level-0 pixels of the slide, x then y, origin
upper left, on every wire and in every row.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

# --- names ------------------------------------------------------------------------------------------------------

INTERACTIVE_QUEUE = "interactive"
REPLIES_QUEUE = "replies"
TRAINING_QUEUE = "training"
SEGMENT_TASK = "inference.segment"
TRAIN_TASK = "inference.train"
SAMPLE_TASK = "inference.sample"
REPLY_TASK = "annotator.learning.receive_reply"

# Either queue has its own key prefix, so that no other worker's visibility timeout governs it.
INTERACTIVE_KEY_PREFIX = "interactive:"
TRAINING_KEY_PREFIX = "training:"

# The set of the workers' ids, so that who looks for them needs no search through all keys; and the heartbeat of each
# (heartbeat_key), alive for HEARTBEAT_LIFE_S, holding a WorkerHeartbeat as JSON. An id without a heartbeat is of the dead.
MODEL_WORKERS_KEY = "squiggle:workers:interactive"
HEARTBEAT_LIFE_S = 2

# Training workers, likewise; request_id is the job in hand.
TRAINING_WORKERS_KEY = "squiggle:workers:training"

# A job's lease: this key plus its id holds the attempt that may work on it. A worker that finds another number, or none,
# stops within a step; so a job is cancelled by deleting the key, and never worked on twice.
LEASE_KEY_PREFIX = "squiggle:lease:"

# --- limits -----------------------------------------------------------------------------------------------------
# Each number, text and list of each message has one: what is beyond is refused where it comes in, in words, and never
# reaches a database that cannot hold it.

MAX_ID = 2**63 - 1
"""Of a row, and of an event: a bigint."""
MAX_COUNT = 2**31 - 1
"""Of what is counted, and versions of an object: an integer."""
MAX_TURN = 1_000_000
"""A person asks for an object anew some dozen times; far below MAX_COUNT, so that there is always a next turn."""
MAX_ATTEMPT = 2**15 - 1
MAX_MS = 366 * 24 * 3600 * 1000
"""Of a step's time: a click may have waited for a worker over the holidays."""
MAX_TIME = 2**33
"""Unix time, in seconds; in the year 2242 it needs another number."""
MAX_NAME = 120
MAX_PATH = 4_096
MAX_WORDS = 4_000
"""Characters of a text for people; the rest is cut off."""
MAX_COORDINATE_PX = 2**26
MAX_PROMPTS = 64
MAX_TARGETS = 64
MAX_OTHERS = 512
MAX_SQUIGGLE_POINTS = 2_000
MAX_START_POLYGONS = 64
MAX_REGION_UM = 5_000
MAX_REGIONS = 500
MAX_RINGS = 2**16
"""Polygons of an object, and holes of a polygon …"""
MAX_RING_POINTS = 2**20
"""… and points of a ring: a mask of 1,024 × 1,024 px has fewer, whatever noise it is."""
MAX_SLIDES = 100_000
MAX_SAMPLES = 1_000_000
"""Patches that a training run is shown."""
MAX_CURVE_ROWS = 100_000
MAX_LINES = 10_000


def _printable(text: object) -> object:
    """Words as every wire and database takes them: no NUL, no half of a character (a file's name in another encoding)."""
    if not isinstance(text, str):
        return text
    return text.replace("\0", "�").encode(errors="replace").decode()[:MAX_WORDS]


Coordinate = Annotated[float, Field(ge=-MAX_COORDINATE_PX, le=MAX_COORDINATE_PX, allow_inf_nan=False)]
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Count = Annotated[int, Field(ge=0, le=MAX_COUNT)]
Turn = Annotated[int, Field(ge=1, le=MAX_TURN)]
Attempt = Annotated[int, Field(ge=1, le=MAX_ATTEMPT)]
Milliseconds = Annotated[float, Field(ge=0, le=MAX_MS, allow_inf_nan=False)]
Time = Annotated[float, Field(ge=0, le=MAX_TIME, allow_inf_nan=False)]
Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Name = Annotated[str, Field(max_length=MAX_NAME, pattern=r"^[^\x00]*$")]
FilePath = Annotated[str, Field(max_length=MAX_PATH, pattern=r"^[^\x00]*$")]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Words = Annotated[str, BeforeValidator(_printable)]
Ring = Annotated[tuple[tuple[Coordinate, Coordinate], ...], Field(max_length=MAX_RING_POINTS)]


class Message(BaseModel):
    """Frozen, and closed: an unknown field is an error, not a guess."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# --- shared nouns -----------------------------------------------------------------------------------------------


class Point(Message):
    x: Coordinate
    y: Coordinate


class Click(Message):
    """One press of the pointer: inside the object (positive) or on what the mask wrongly took (negative)."""

    kind: Literal["click"] = "click"
    x: Coordinate
    y: Coordinate
    positive: bool = True


class Squiggle(Message):
    """A line drawn inside the object (positive) or on what the mask wrongly took. One point is a line, too."""

    kind: Literal["squiggle"] = "squiggle"
    points: tuple[tuple[Coordinate, Coordinate], ...] = Field(
        min_length=1, max_length=MAX_SQUIGGLE_POINTS, fail_fast=True
    )
    positive: bool = True


Prompt = Annotated[Click | Squiggle, Field(discriminator="kind")]


def points_of(prompt: Click | Squiggle) -> tuple[tuple[float, float], ...]:
    """The (x, y) of a prompt in the order in which they were drawn; a click has one."""
    return ((prompt.x, prompt.y),) if isinstance(prompt, Click) else prompt.points


class Polygon(Message):
    """An exterior ring and its holes; each ring a list of (x, y), not closed (the first point is not repeated)."""

    exterior: Ring
    holes: tuple[Ring, ...] = Field(default=(), max_length=MAX_RINGS)


class SlideRef(Message):
    """Where the pixels are, as the worker opens them."""

    path: FilePath
    mpp: float = Field(gt=0, allow_inf_nan=False)
    width: int = Field(gt=0, le=MAX_COORDINATE_PX)
    height: int = Field(gt=0, le=MAX_COORDINATE_PX)
    style: dict[str, Any] = Field(default_factory=lambda: {"icc": False})
    """How the slide's channels become RGB, as large_image's style: decided at import, so all readers see the same."""
    reader: str = Field(default="", max_length=16)
    """Which of large_image's readers opens the file, decided at import likewise; empty: the first that can."""


PRIMARIES = ("#ff0000", "#00ff00", "#0000ff")

Channels = Literal["colour", "one", "several"]
"""What the pixels are that weights were made for: colours as a camera saw them, one channel shown in greys, or several
channels composed into one picture, each in a colour of its own."""


def count_channels(style: dict[str, Any]) -> int:
    """How many channels a slide's style composes into one picture; 0 where its pixels are colours already."""
    bands = style.get("bands", [])
    are_primaries = [band["palette"][1] for band in bands] == list(PRIMARIES)
    return 0 if are_primaries and len({band["max"] for band in bands}) == 1 else len(bands)


class Target(Message):
    """One object to segment, with all its prompts: a request is complete, so any worker can serve it."""

    object_id: UUID
    turn: Turn
    prompts: tuple[Prompt, ...] = Field(min_length=1, max_length=MAX_PROMPTS)
    start: tuple[Polygon, ...] = Field(default=(), max_length=MAX_START_POLYGONS)
    """The mask that the prompts correct: automatic, imported, drawn by hand, or accepted before. Empty: the prompts alone
    say what the object is, and at least one of them is positive."""


# --- requests ---------------------------------------------------------------------------------------------------


class SegmentRequest(Message):
    kind: Literal["segment"] = "segment"
    request_id: UUID
    slide: SlideRef
    method: Name
    checkpoint: Name
    targets: tuple[Target, ...] = Field(min_length=1, max_length=MAX_TARGETS)
    others: tuple[Point, ...] = Field(default=(), max_length=MAX_OTHERS)
    """Points inside objects that are not targets (exclusion); the other targets of the batch need not be repeated."""
    sent_at: Time
    """Unix time of the (re-)sending, for the queue's share of the latency."""


class TrainRequest(Message):
    """Train weights on a frozen snapshot and measure them beside a rival. Sent again with the next attempt it goes on from
    the run's last checkpoint."""

    kind: Literal["train"] = "train"
    job_id: UUID
    attempt: Attempt
    method: Name
    object_type: Name
    stain: Name
    snapshot: Sha256
    """Its folder's name, below the folder of all snapshots."""
    patches_sha256: Sha256 | Literal[""] = ""
    """Of its patches, once they were cut."""
    base: Name | None
    """Weights to begin with; None: random ones."""
    rival: Name | None
    """The weights that answer now."""
    name: Name
    """Of the weights to be made."""
    samples: int = Field(gt=0, le=MAX_SAMPLES)
    seed: Count = 1


class SlideToSample(Message):
    slide_id: Id
    slide: SlideRef
    taken: tuple[tuple[Coordinate, Coordinate, Coordinate, Coordinate], ...] = ()
    """Regions that are in the queue or complete already: x, y, width, height in level-0 px."""


class SampleRequest(Message):
    """Look over whole slides for the regions that are worth labelling next."""

    kind: Literal["sample"] = "sample"
    job_id: UUID
    attempt: Attempt
    strategy: Literal["random", "entropy", "disagreement", "combined"]
    method: Name
    checkpoint: Name
    slides: tuple[SlideToSample, ...] = Field(min_length=1, max_length=MAX_SLIDES)
    wanted: int = Field(gt=0, le=MAX_REGIONS)
    region_um: float = Field(gt=0, le=MAX_REGION_UM)
    round: Count = 0
    """How often this project has sampled before: the combined policy trusts the model more each time."""
    seed: Count = 1


# --- replies ----------------------------------------------------------------------------------------------------


class Timings(Message):
    """How long each step in the worker took, in milliseconds, for the whole batch."""

    queue_ms: Milliseconds
    read_ms: Milliseconds
    network_ms: Milliseconds
    post_ms: Milliseconds
    sent_at: Time
    """Unix time at which the reply left the worker."""


class SegmentedObject(Message):
    """What became of one target: polygons, or the reason why there are none."""

    object_id: UUID
    turn: Turn
    polygons: tuple[Polygon, ...] = Field(default=(), max_length=MAX_RINGS)
    score: Score | None = None
    """Mean probability inside the mask, 0 to 1."""
    failure: Words | None = None
    """In words for the person, when polygons is empty."""


class Segmented(Message):
    kind: Literal["segmented"] = "segmented"
    request_id: UUID
    checkpoint: Name
    objects: tuple[SegmentedObject, ...] = Field(max_length=MAX_TARGETS)
    timings: Timings


class Failed(Message):
    kind: Literal["failed"] = "failed"
    request_id: UUID
    code: Name
    message: Words
    """In words: what happened, to what, and what to do."""


class JobReply(Message):
    """What a training worker says of a job. Only the last attempt's replies are heard."""

    job_id: UUID
    attempt: Attempt


class JobProgress(JobReply):
    """The job's heartbeat: sent at least every JOB_HEARTBEAT_S, from a thread of its own."""

    kind: Literal["job.progress"] = "job.progress"
    stage: Literal["starting", "cutting", "training", "measuring", "sampling"]
    done: Count = 0
    total: Count = 0
    curve: tuple[dict[Name, float | None], ...] = Field(default=(), max_length=MAX_CURVE_ROWS)
    """Rows of the training loop's log that were not sent before; null where a number is none (a loss that diverged)."""
    lines: tuple[Words, ...] = Field(default=(), max_length=MAX_LINES)
    """Lines for people that were not sent before."""


class JobStopped(JobReply):
    """The lease was gone, so the worker stopped; the checkpoint is kept."""

    kind: Literal["job.stopped"] = "job.stopped"


class JobFailed(JobReply):
    kind: Literal["job.failed"] = "job.failed"
    code: Name
    message: Words
    """In words: what happened, to what, and what to do."""


class Trained(JobReply):
    """The new weights lie in the folder of trained weights, with their manifest."""

    kind: Literal["job.trained"] = "job.trained"
    name: Name
    sha256: Sha256
    manifest: dict[str, Any]
    patches_sha256: Sha256 | Literal[""]
    measurement: dict[str, Any]
    """Candidate and rival on the held-out slides (inference/evaluation/comparison.py)."""


class ScoredRegion(Message):
    slide_id: Id
    x: Coordinate
    y: Coordinate
    width: Coordinate = Field(gt=0)
    height: Coordinate = Field(gt=0)
    score: float | None = Field(default=None, allow_inf_nan=False)


class Sampled(JobReply):
    """The regions, the most worthwhile first."""

    kind: Literal["job.sampled"] = "job.sampled"
    regions: tuple[ScoredRegion, ...] = Field(max_length=MAX_REGIONS)


JOB_HEARTBEAT_S = 5
AnyReply = Segmented | Failed | JobProgress | JobStopped | JobFailed | Trained | Sampled
Reply = Annotated[AnyReply, Field(discriminator="kind")]
REPLY: TypeAdapter[AnyReply] = TypeAdapter(Reply)


class WorkerHeartbeat(Message):
    worker_id: Name
    pid: Count
    device: Name
    request_id: UUID | None = None
    """The request in hand, if any …"""
    busy_since: Time | None = None
    """… and since when (Unix time)."""


def heartbeat_key(workers_key: str, worker_id: str) -> str:
    """Where the heartbeat of one of these workers lies."""
    return f"{workers_key}:{worker_id}"


def broker_url(redis_url: str) -> str:
    """The Celery broker's address for a Redis address: kombu spells Unix sockets its own way."""
    scheme, _, rest = redis_url.partition("://")
    if scheme != "unix":
        return redis_url
    path, _, query = rest.partition("?")
    database = next((part[3:] for part in query.split("&") if part.startswith("db=")), "0")
    return f"redis+socket://{path}?virtual_host={database}"
