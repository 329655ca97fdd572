"""What labelling cost, from real events: clicks, seconds, accept rate and edit distance by model version and label."""

from collections import defaultdict
from typing import Any

import numpy as np
import shapely
from django.db import connection

from annotator.annotations.models import BECAUSE_IT_COVERS
from annotator.learning.models import ModelVersion
from annotator.projects.models import Label, Project

MOST_COMPARED = 2_000
"""The edit distance is of this many objects, the newest: geometries are large."""

# Each decision with the version whose answer it decided about. A batch is one decision with one time, which its objects
# share. The version is the one that last answered before: a Revision of a decision names none itself. A rejection for the
# sake of an accepted object that the proposal covers is no word about its mask.
DECISIONS = """
WITH decision AS (
    SELECT r.id, r.annotation_id, r.action, r.label_id, r.at,
        jsonb_array_length(r.prompts) AS clicks,
        r.elapsed_ms / 1000 / CASE WHEN r.how IN ('batch', 'sweep') THEN
            count(*) OVER (PARTITION BY r.author_id, r.how, r.elapsed_ms, date_trunc('minute', r.at))
            ELSE 1 END AS seconds,
        r.action = 'accepted' AND row_number() OVER same = 1 AS is_first,
        r.turn > 1 OR count(*) OVER (PARTITION BY r.annotation_id, r.action) > 1 AS is_corrected,
        answer.model_version_id AS version_id
    FROM annotations_revision r
    JOIN annotations_annotation a ON a.id = r.annotation_id
    JOIN slides_slide s ON s.id = a.slide_id
    LEFT JOIN LATERAL (
        SELECT model_version_id FROM annotations_revision v
        WHERE v.annotation_id = r.annotation_id AND v.id < r.id
            AND v.action IN ('answered', 'failed') AND v.model_version_id IS NOT NULL
        ORDER BY v.id DESC LIMIT 1
    ) answer ON true
    WHERE s.project_id = %(project)s AND r.action IN ('accepted', 'rejected')
        AND NOT (r.action = 'rejected' AND r.how = %(because_it_covers)s)
    WINDOW same AS (PARTITION BY r.annotation_id, r.action ORDER BY r.id)
)
"""

BY_VERSION_AND_LABEL = """
SELECT version_id, label_id,
    count(*) FILTER (WHERE is_first) AS objects,
    avg(clicks) FILTER (WHERE is_first)::float AS clicks_per_object,
    percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE is_first) AS seconds,
    count(*) FILTER (WHERE action = 'accepted') AS accepted,
    count(*) FILTER (WHERE action = 'rejected') AS rejected,
    avg(is_corrected::int) FILTER (WHERE is_first)::float AS corrected_share
FROM decision GROUP BY version_id, label_id
"""

BY_DAY = """
SELECT (at AT TIME ZONE 'UTC')::date AS day, version_id, count(*) AS objects,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS seconds_median,
    coalesce(sum(seconds), 0) AS seconds_total
FROM decision WHERE is_first GROUP BY day, version_id ORDER BY day, version_id NULLS FIRST
"""

FIRST_ANSWERS = """
SELECT newest.version_id, newest.label_id, first.geometry, last.geometry
FROM (SELECT * FROM decision WHERE is_first ORDER BY id DESC LIMIT %(most)s) newest
CROSS JOIN LATERAL (
    SELECT geometry FROM annotations_revision v
    WHERE v.annotation_id = newest.annotation_id AND v.action = 'answered' AND v.geometry IS NOT NULL
    ORDER BY v.id LIMIT 1
) first
CROSS JOIN LATERAL (
    SELECT geometry FROM annotations_revision v
    WHERE v.annotation_id = newest.annotation_id AND v.action = 'accepted' AND v.geometry IS NOT NULL
    ORDER BY v.id DESC LIMIT 1
) last
"""

Kind = tuple[int | None, int]
"""Version and label, by id."""


def get_effort(project: Project) -> dict[str, list[dict[str, Any]]]:
    """{rows, over_time}: by model version and label, the most used first, and by day and model version."""
    rows, days = _read(BY_VERSION_AND_LABEL, project), _read(BY_DAY, project)
    versions = dict(ModelVersion.objects.values_list("pk", "name"))
    labels = dict(Label.objects.filter(project=project).values_list("pk", "name"))
    distances = _measure_edits(project)
    return {
        "rows": [
            _row(row, distances[row["version_id"], row["label_id"]])
            | {"version": versions.get(row["version_id"]), "label": labels[row["label_id"]]}
            for row in sorted(rows, key=lambda row: -row["objects"])
        ],
        "over_time": [day | {"version": versions.get(day["version_id"])} for day in days],
    }


def _row(row: dict[str, Any], distances: list[float]) -> dict[str, Any]:
    low, median, high = row.pop("seconds") or (None, None, None)
    decided = row["accepted"] + row["rejected"]
    return row | {
        "seconds_per_object_low": low,
        "seconds_per_object_median": median,
        "seconds_per_object_high": high,
        "accept_rate": row["accepted"] / decided if decided else None,
        "edit_distance": float(np.mean(distances)) if distances else None,
        "compared": len(distances),
    }


def _measure_edits(project: Project) -> defaultdict[Kind, list[float]]:
    """1 − IoU between what the model first answered and what is accepted now, by version and label."""
    distances: defaultdict[Kind, list[float]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(DECISIONS + FIRST_ANSWERS, _values(project, most=MOST_COMPARED))
        rows = [(version, label, bytes(first), bytes(last)) for version, label, first, last in cursor.fetchall()]
    changed = [row for row in rows if row[2] != row[3]]
    first, last = (shapely.from_wkb([row[at] for row in changed]) for at in (2, 3))
    shared = shapely.area(shapely.intersection(first, last))
    ious = iter(shared / (shapely.area(first) + shapely.area(last) - shared))
    for version, label, answered, accepted in rows:
        distances[version, label].append(0.0 if answered == accepted else 1 - float(next(ious)))
    return distances


def _read(query: str, project: Project) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(DECISIONS + query, _values(project))
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _values(project: Project, **more: Any) -> dict[str, Any]:
    return {"project": project.pk, "because_it_covers": BECAUSE_IT_COVERS, **more}
