"""A SampleRequest in, regions out: whole slides are looked over in bounded memory, in the background, and can be stopped."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.active.looks import Look, look, margin_px
from inference.active.policies import STRATEGIES, Indices, candidates, choose, pick_random
from inference.active.tissue import Regions, list_regions, overlaps_any
from inference.answers import RequestError, open_segmenter
from inference.jobs import ShouldStop, Tell, check
from inference.methods.base import Segmenter
from inference.protocol import SampleRequest, ScoredRegion, SlideToSample
from inference.slide import SlideReadError, read_patch

LEAST_TISSUE = 0.5
"""Of a region; less is mostly glass."""
SMALLEST_REGION_PX = 32
"""Level-0 px; a smaller region holds hardly an object."""
WIDEST_WINDOW_PX = 1024
"""At the network's resolution. A wider region is looked at in the middle of its four quarters."""
QUARTER_WINDOW_PX = 512
SCORED = {"nucleus": STRATEGIES, "cell": STRATEGIES, "gland": ("random", "entropy")}
"""What can be judged of each kind of object: there is no automatic mask of glands to compare with."""


@dataclass(frozen=True)
class Pool:
    """All regions of all slides that may be chosen."""

    slides: Sequence[SlideToSample]
    regions: dict[int, Regions]
    """By the slide's place in `slides`."""
    slide_of: Indices
    """(N,) of each region."""
    row_of: Indices
    """(N,) its row in that slide's regions."""

    def scored(self, index: int, score: float | None) -> ScoredRegion:
        place = int(self.slide_of[index])
        regions = self.regions[place]
        x, y = regions.corners[self.row_of[index]]
        side = regions.side
        return ScoredRegion(
            slide_id=self.slides[place].slide_id, x=float(x), y=float(y), width=side, height=side, score=score
        )


def sample(
    request: SampleRequest, tell: Tell, should_stop: ShouldStop, *, threads: int = 1
) -> tuple[ScoredRegion, ...]:
    """Up to `wanted` free regions with tissue, the most worthwhile first; the same request always gives the same.

    RequestError, in words, when nothing can be chosen or the strategy does not fit the objects; Stopped when told to.
    """
    rng = np.random.default_rng([request.seed, request.round])
    segmenter = None
    if request.strategy != "random":
        segmenter = open_segmenter(request.method, request.checkpoint, threads)
        refuse_unfit(request.strategy, segmenter.object_type)
    pool = list_pool(request, tell, should_stop)
    if segmenter is None:
        chosen = pick_random(pool.slide_of, request.wanted, rng)
        return tuple(pool.scored(int(index), None) for index in chosen)
    seen = candidates(pool.slide_of, request.wanted, rng)
    looks, seen = look_at_all(segmenter, pool, seen, tell, should_stop)
    rows, scores = choose(request.strategy, looks, pool.slide_of[seen], request.wanted, rounds=request.round, rng=rng)
    return tuple(pool.scored(int(seen[row]), float(scores[row])) for row in rows)


def refuse_unfit(strategy: str, object_type: str) -> None:
    known = SCORED.get(object_type, ("random",))
    if strategy not in known:
        raise RequestError(
            "strategy_unfit",
            f"“{strategy}” compares with automatic masks, and there are none for the type “{object_type}”; choose "
            f"{' or '.join(known)}.",
        )


def list_pool(request: SampleRequest, tell: Tell, should_stop: ShouldStop) -> Pool:
    """The free regions with tissue of every slide that can be read."""
    found, unread = dict[int, Regions](), list[str]()
    for place, each in enumerate(request.slides):
        tell("sampling", place, len(request.slides))
        try:
            regions = list_regions(each.slide, side_um=request.region_um, pause=lambda: check(should_stop))
        except SlideReadError as error:
            unread.append(str(error))
            tell("sampling", place + 1, len(request.slides), line=f"Left out: {error}")
            continue
        if regions.side < SMALLEST_REGION_PX:
            least_um = SMALLEST_REGION_PX * each.slide.mpp
            raise RequestError(
                "region_too_small",
                f"Regions of {request.region_um:g} µm are only {regions.side:.0f} px wide on {each.slide.path}; make them at "
                f"least {least_um:.0f} µm.",
            )
        found[place] = regions.only((regions.tissue >= LEAST_TISSUE) & ~overlaps_any(regions, each.taken))
    if len(unread) == len(request.slides):
        raise RequestError("slide_unreadable", unread[0])
    counts = {place: len(regions.corners) for place, regions in found.items()}
    total = sum(counts.values())
    if not total:
        raise RequestError(
            "nothing_left",
            f"No region of {request.region_um:g} µm is left that holds at least half tissue and is not in the queue already; "
            "choose smaller regions, or add slides.",
        )
    tell("sampling", 0, total, line=f"{total} free regions with tissue on {len(found)} slides.")
    slide_of = np.repeat(list(counts), list(counts.values())).astype(np.int64)
    row_of = np.concatenate([np.arange(count) for count in counts.values()]).astype(np.int64)
    return Pool(request.slides, found, slide_of, row_of)


def look_at_all(
    segmenter: Segmenter, pool: Pool, seen: Indices, tell: Tell, should_stop: ShouldStop
) -> tuple[list[Look], Indices]:
    """(looks, the regions that they belong to), slide by slide, so that few files are open; what cannot be read is left
    out, with a line."""
    looks, kept = list[Look](), list[int]()
    for done, index in enumerate(np.sort(seen).tolist()):
        check(should_stop)
        tell("sampling", done, len(seen))
        try:
            windows = read_windows(segmenter, pool, index)
        except SlideReadError as error:
            tell("sampling", done, len(seen), line=f"Left out: {error}")
            continue
        dark_ground = pool.regions[int(pool.slide_of[index])].dark_ground
        looks.append(look(segmenter, windows, dark_ground=dark_ground))
        kept.append(index)
    tell("sampling", len(seen), len(seen))
    if not looks:
        raise RequestError("slide_unreadable", "None of the regions could be read; the lines above say why.")
    return looks, np.array(kept, np.int64)


def read_windows(segmenter: Segmenter, pool: Pool, index: int) -> list[NDArray[np.uint8]]:
    """A region at the network's resolution: whole, or four windows of a very wide one."""
    place = int(pool.slide_of[index])
    regions, slide = pool.regions[place], pool.slides[place].slide
    x, y = regions.corners[pool.row_of[index]]
    size_px = round(regions.side * slide.mpp / segmenter.mpp)
    shares, shown_px = ((0.5,), size_px) if size_px <= WIDEST_WINDOW_PX else ((0.25, 0.75), QUARTER_WINDOW_PX)
    centres = [(float(x + u * regions.side), float(y + v * regions.side)) for v in shares for u in shares]
    read_px = shown_px + 2 * margin_px(segmenter)
    return [read_patch(slide, centre=centre, size_px=read_px, mpp=segmenter.mpp).pixels for centre in centres]
