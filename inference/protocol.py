"""What the web side and the model workers say to each other: frozen messages, and the names of queues and keys.

The only file that both halves of the house import. Coordinates are level-0 pixels of the slide, x then y, origin
upper left, on every wire and in every row.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

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

# A worker's heartbeat: this key plus its id, alive for HEARTBEAT_LIFE_S, holding a WorkerHeartbeat as JSON.
HEARTBEAT_KEY_PREFIX = "squiggle:worker:interactive:"
HEARTBEAT_LIFE_S = 2

# A training worker's heartbeat, likewise; request_id is the job in hand.
TRAINER_KEY_PREFIX = "squiggle:worker:training:"

# A job's lease: this key plus its id holds the attempt that may work on it. A worker that finds another number, or none,
# stops within a step; so a job is cancelled by deleting the key, and never worked on twice.
LEASE_KEY_PREFIX = "squiggle:lease:"

# --- limits -----------------------------------------------------------------------------------------------------

MAX_COORDINATE_PX = 2**26
MAX_PROMPTS = 64
MAX_TARGETS = 64
MAX_OTHERS = 512
MAX_SQUIGGLE_POINTS = 2_000
MAX_START_POLYGONS = 64
MAX_REGION_UM = 5_000
MAX_REGIONS = 500

Coordinate = Annotated[float, Field(ge=-MAX_COORDINATE_PX, le=MAX_COORDINATE_PX, allow_inf_nan=False)]


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
    points: tuple[tuple[Coordinate, Coordinate], ...] = Field(min_length=1, max_length=MAX_SQUIGGLE_POINTS)
    positive: bool = True


Prompt = Annotated[Click | Squiggle, Field(discriminator="kind")]


def points_of(prompt: Click | Squiggle) -> tuple[tuple[float, float], ...]:
    """The (x, y) of a prompt in the order in which they were drawn; a click has one."""
    return ((prompt.x, prompt.y),) if isinstance(prompt, Click) else prompt.points


class Polygon(Message):
    """An exterior ring and its holes; each ring a list of (x, y), not closed (the first point is not repeated)."""

    exterior: tuple[tuple[float, float], ...]
    holes: tuple[tuple[tuple[float, float], ...], ...] = ()


class SlideRef(Message):
    """Where the pixels are, as the worker opens them."""

    path: str
    mpp: float = Field(gt=0)
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    style: dict[str, Any] = Field(default_factory=lambda: {"icc": False})
    """How the slide's channels become RGB, as large_image's style: decided at import, so all readers see the same."""
    reader: str = Field(default="", max_length=16)
    """Which of large_image's readers opens the file, decided at import likewise; empty: the first that can."""


class Target(Message):
    """One object to segment, with all its prompts: a request is complete, so any worker can serve it."""

    object_id: UUID
    turn: int = Field(ge=1)
    prompts: tuple[Prompt, ...] = Field(min_length=1, max_length=MAX_PROMPTS)
    start: tuple[Polygon, ...] = Field(default=(), max_length=MAX_START_POLYGONS)
    """The mask that the prompts correct: automatic, imported, drawn by hand, or accepted before. Empty: the prompts alone
    say what the object is, and at least one of them is positive."""


# --- requests ---------------------------------------------------------------------------------------------------


class SegmentRequest(Message):
    kind: Literal["segment"] = "segment"
    request_id: UUID
    slide: SlideRef
    method: str
    checkpoint: str
    targets: tuple[Target, ...] = Field(min_length=1, max_length=MAX_TARGETS)
    others: tuple[Point, ...] = Field(default=(), max_length=MAX_OTHERS)
    """Points inside objects that are not targets (exclusion); the other targets of the batch need not be repeated."""
    sent_at: float
    """Unix time of the (re-)sending, for the queue's share of the latency."""


class TrainRequest(Message):
    """Train weights on a frozen snapshot and measure them beside a rival. Sent again with the next attempt it goes on from
    the run's last checkpoint."""

    kind: Literal["train"] = "train"
    job_id: UUID
    attempt: int = Field(ge=1)
    method: str
    object_type: str
    stain: str
    snapshot: str = Field(pattern="^[0-9a-f]{64}$")
    """Its folder's name, below the folder of all snapshots."""
    patches_sha256: str = ""
    """Of its patches, once they were cut."""
    base: str | None
    """Weights to begin with; None: random ones."""
    rival: str | None
    """The weights that answer now."""
    name: str
    """Of the weights to be made."""
    samples: int = Field(gt=0)
    seed: int = 1


class SlideToSample(Message):
    slide_id: int
    slide: SlideRef
    taken: tuple[tuple[float, float, float, float], ...] = ()
    """Regions that are in the queue or complete already: x, y, width, height in level-0 px."""


class SampleRequest(Message):
    """Look over whole slides for the regions that are worth labelling next."""

    kind: Literal["sample"] = "sample"
    job_id: UUID
    attempt: int = Field(ge=1)
    strategy: Literal["random", "entropy", "disagreement", "combined"]
    method: str
    checkpoint: str
    slides: tuple[SlideToSample, ...] = Field(min_length=1)
    wanted: int = Field(gt=0, le=MAX_REGIONS)
    region_um: float = Field(gt=0, le=MAX_REGION_UM)
    round: int = Field(default=0, ge=0)
    """How often this project has sampled before: the combined policy trusts the model more each time."""
    seed: int = 1


# --- replies ----------------------------------------------------------------------------------------------------


class Timings(Message):
    """How long each step in the worker took, in milliseconds, for the whole batch."""

    queue_ms: float
    read_ms: float
    network_ms: float
    post_ms: float
    sent_at: float
    """Unix time at which the reply left the worker."""


class SegmentedObject(Message):
    """What became of one target: polygons, or the reason why there are none."""

    object_id: UUID
    turn: int
    polygons: tuple[Polygon, ...] = ()
    score: float | None = None
    """Mean probability inside the mask, 0 to 1."""
    failure: str | None = None
    """In words for the person, when polygons is empty."""


class Segmented(Message):
    kind: Literal["segmented"] = "segmented"
    request_id: UUID
    checkpoint: str
    objects: tuple[SegmentedObject, ...]
    timings: Timings


class Failed(Message):
    kind: Literal["failed"] = "failed"
    request_id: UUID
    code: str
    message: str
    """In words: what happened, to what, and what to do."""


class JobReply(Message):
    """What a training worker says of a job. Only the last attempt's replies are heard."""

    job_id: UUID
    attempt: int


class JobProgress(JobReply):
    """The job's heartbeat: sent at least every JOB_HEARTBEAT_S, from a thread of its own."""

    kind: Literal["job.progress"] = "job.progress"
    stage: Literal["starting", "cutting", "training", "measuring", "sampling"]
    done: int = 0
    total: int = 0
    curve: tuple[dict[str, float | None], ...] = ()
    """Rows of the training loop's log that were not sent before; null where a number is none (a loss that diverged)."""
    lines: tuple[str, ...] = ()
    """Lines for people that were not sent before."""


class JobStopped(JobReply):
    """The lease was gone, so the worker stopped; the checkpoint is kept."""

    kind: Literal["job.stopped"] = "job.stopped"


class JobFailed(JobReply):
    kind: Literal["job.failed"] = "job.failed"
    code: str
    message: str
    """In words: what happened, to what, and what to do."""


class Trained(JobReply):
    """The new weights lie in the folder of trained weights, with their manifest."""

    kind: Literal["job.trained"] = "job.trained"
    name: str
    sha256: str
    manifest: dict[str, Any]
    patches_sha256: str
    measurement: dict[str, Any]
    """Candidate and rival on the held-out slides (inference/evaluation/comparison.py)."""


class ScoredRegion(Message):
    slide_id: int
    x: float
    y: float
    width: float
    height: float
    score: float | None = None


class Sampled(JobReply):
    """The regions, the most worthwhile first."""

    kind: Literal["job.sampled"] = "job.sampled"
    regions: tuple[ScoredRegion, ...]


JOB_HEARTBEAT_S = 5
AnyReply = Segmented | Failed | JobProgress | JobStopped | JobFailed | Trained | Sampled
Reply = Annotated[AnyReply, Field(discriminator="kind")]
REPLY: TypeAdapter[AnyReply] = TypeAdapter(Reply)


class WorkerHeartbeat(Message):
    worker_id: str
    pid: int
    device: str
    request_id: UUID | None = None
    """The request in hand, if any …"""
    busy_since: float | None = None
    """… and since when (Unix time)."""


def broker_url(redis_url: str) -> str:
    """The Celery broker's address for a Redis address: kombu spells Unix sockets its own way."""
    scheme, _, rest = redis_url.partition("://")
    if scheme != "unix":
        return redis_url
    path, _, query = rest.partition("?")
    database = next((part[3:] for part in query.split("&") if part.startswith("db=")), "0")
    return f"redis+socket://{path}?virtual_host={database}"
