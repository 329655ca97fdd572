"""What the learning side keeps: versions of models, questions to them, frozen data, runs that make new versions."""

from annotator.learning.models.activation import Activation
from annotator.learning.models.job import JobLine, JobState
from annotator.learning.models.model_version import ModelVersion
from annotator.learning.models.request import SegmentationRequest
from annotator.learning.models.sampling import SamplingRun, Strategy
from annotator.learning.models.settings import LearningSettings
from annotator.learning.models.snapshot import DatasetSnapshot, Part, SlidePart
from annotator.learning.models.training_run import TrainingRun, Trigger, Verdict

__all__ = [
    "Activation", "DatasetSnapshot", "JobLine", "JobState", "LearningSettings", "ModelVersion", "Part", "SamplingRun",
    "SegmentationRequest", "SlidePart", "Strategy", "TrainingRun", "Trigger", "Verdict",
]  # fmt: skip
